/** The cuts of one song: those that there are, the one that is shown, and one that is being made. */

import type { Api, Job } from "../api/client";
import type { Cut, CutDetails, CutSummary } from "../api/pages";
import { ProblemError } from "../api/problems";
import { Follower } from "./follower.svelte";
import { drawn } from "./words";

export type Method = NonNullable<Cut["method"]>;

export class Cutting {
  /** The newest first. */
  cuts = $state.raw<CutSummary[]>([]);
  loaded = $state(false);
  shown = $state.raw<CutDetails | null>(null);
  making = $state(false);
  failure = $state.raw<unknown>(null);
  #follower: Follower | undefined;
  #stopped = false;

  constructor(
    private readonly song: string,
    private readonly api: Pick<Api, "cuts" | "cut" | "cutSongs" | "job" | "cancelJob">,
    private readonly follow = (
      id: string,
      ended: (job: Job) => void,
      failed: (error: ProblemError) => void,
    ) => new Follower(id, api, undefined, ended, failed),
  ) {}

  async load(): Promise<void> {
    const all = await this.api.cuts(this.song);
    this.cuts = all.toSorted((a, b) => b.created_at.localeCompare(a.created_at));
    this.loaded = true;
    const newest = this.cuts[0];
    if (newest && this.shown === null) await this.show(newest.id);
  }

  async show(id: string): Promise<void> {
    this.failure = null;
    try {
      this.shown = await this.api.cut(id);
    } catch (error) {
      this.failure = error;
    }
  }

  /** Have the song cut, and show it once it is. */
  async make(method: Method): Promise<void> {
    this.making = true;
    this.failure = null;
    try {
      const job = await this.api.cutSongs([this.song], { method }, drawn());
      // The page was left meanwhile: nobody would end what is begun here.
      if (this.#stopped) return;
      this.#follower = this.follow(
        job.id,
        (ended) => void this.#made(ended),
        (error) => this.#failed(error),
      );
      this.#follower.start();
    } catch (error) {
      this.#failed(error);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#follower?.stop();
  }

  #failed(error: unknown): void {
    this.making = false;
    this.failure = error;
  }

  async #made(job: Job): Promise<void> {
    const made = job.result.cuts?.[0];
    if (made) {
      await this.load().catch((error: unknown) => (this.failure = error));
      await this.show(made);
    } else if (job.problem) this.failure = new ProblemError(job.problem);
    this.making = false;
  }
}
