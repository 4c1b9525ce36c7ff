/** Uploads: a few at a time, each with its progress and how it ended. */

import type { Problem, Song } from "../api/client";
import type { Pause } from "../api/patience";
import { ProblemError } from "../api/problems";
import type { Send } from "../api/sending";
import type { Gathered } from "./files";

export type UploadState = "waiting" | "sending" | "done" | "known" | "failed";

export class Upload {
  sentBytes = $state(0);
  /** Why it waits, if it does. */
  paused = $state<Pause | null>(null);
  /** `known`: the same bytes were there already. */
  state = $state<UploadState>("waiting");
  /** Why it was refused; null: it was not, but could not be sent. */
  problem = $state<Problem | null>(null);
  readonly stopping = new AbortController();

  constructor(
    readonly id: number,
    readonly file: File,
  ) {}

  /** From 0 to 1. */
  get share(): number {
    return this.file.size === 0 ? 0 : Math.min(1, this.sentBytes / this.file.size);
  }
}

export class Uploads {
  items = $state<Upload[]>([]);
  /** How many files of the last folders were left out. */
  skipped = $state(0);
  #sending = 0;
  #next = 0;

  constructor(
    private readonly send: Send,
    private readonly arrived: (song: Song) => void,
    private readonly atOnce = 3,
  ) {}

  /** Those that have not ended well: what is still to be shown. */
  get shown(): Upload[] {
    return this.items.filter((one) => one.state !== "done");
  }

  get failed(): Upload[] {
    return this.items.filter((one) => one.state === "failed");
  }

  /** Those that are shown and under way no more. */
  get ended(): Upload[] {
    return this.items.filter((one) => one.state === "known" || one.state === "failed");
  }

  get busy(): boolean {
    return this.items.some((one) => one.state === "waiting" || one.state === "sending");
  }

  take(gathered: Gathered): void {
    this.skipped = gathered.skipped;
    for (const file of gathered.files) this.items.push(new Upload(this.#next++, file));
    this.#go();
  }

  retry(upload: Upload): void {
    upload.problem = null;
    upload.sentBytes = 0;
    upload.state = "waiting";
    this.#go();
  }

  /** Send again what failed: the key is there, or the gateway is back. */
  retryFailed(): void {
    for (const one of this.failed) this.retry(one);
  }

  /** Take off the list what is under way no more. */
  clearEnded(): void {
    const ended = new Set(this.ended);
    this.items = this.items.filter((one) => !ended.has(one));
  }

  /** Take an upload off the list, and stop it if it is under way. */
  dismiss(upload: Upload): void {
    upload.stopping.abort();
    this.items = this.items.filter((one) => one.id !== upload.id);
  }

  #go(): void {
    while (this.#sending < this.atOnce) {
      const next = this.items.find((one) => one.state === "waiting");
      if (next === undefined) return;
      next.state = "sending";
      this.#sending += 1;
      void this.#run(next);
    }
  }

  async #run(upload: Upload): Promise<void> {
    try {
      const progress = (sentBytes: number) => (upload.sentBytes = sentBytes);
      const pause = (paused: Pause | null) => (upload.paused = paused);
      const { song, isNew } = await this.send(upload.file, progress, upload.stopping.signal, pause);
      upload.state = isNew ? "done" : "known";
      this.arrived(song);
    } catch (error) {
      upload.problem = error instanceof ProblemError ? error.problem : null;
      upload.state = "failed";
    } finally {
      upload.paused = null;
      this.#sending -= 1;
      this.#go();
    }
  }
}
