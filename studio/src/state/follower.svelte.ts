/**
 * Follow a job to its end: by server-sent events, which a browser resumes with the id of the last one, and by
 * looking where they do not come. Whatever breaks, the job is shown as it last was, and looked at again.
 */

import type { Api, Job } from "../api/client";
import { isFinal, type ProblemError } from "../api/problems";

export const LOOK_MS = 2000;
/** Without a word for so long, a job is looked at even if its events seem to go on. */
export const SILENT_MS = 15000;

/** `live`: events come; `looking`: they do not, but looks are answered; `lost`: nothing answers. */
export type Connection = "connecting" | "live" | "looking" | "lost";

export interface Events {
  readonly readyState: number;
  addEventListener(name: string, hear: (event: Event) => void): void;
  close(): void;
}

export function hasEnded(job: Job): boolean {
  return job.state === "succeeded" || job.state === "failed" || job.state === "cancelled";
}

export class Follower {
  job = $state<Job | null>(null);
  connection = $state<Connection>("connecting");
  /** Why the job cannot be shown. */
  error = $state<ProblemError | null>(null);
  #events: Events | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(
    readonly id: string,
    private readonly api: Pick<Api, "job" | "cancelJob">,
    private readonly open: (path: string) => Events = (path) => new EventSource(path),
    private readonly ended: (job: Job) => void = () => {},
    private readonly failed: (error: ProblemError) => void = () => {},
  ) {}

  start(): void {
    this.#listen();
    this.#lookIn(SILENT_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#events?.close();
  }

  async cancel(): Promise<void> {
    this.#show(await this.api.cancelJob(this.id));
  }

  #listen(): void {
    const events = this.open(`/v1/jobs/${this.id}/events`);
    this.#events = events;
    const hear = (event: Event) => this.#heard(JSON.parse((event as MessageEvent<string>).data) as Job);
    events.addEventListener("job", hear);
    events.addEventListener("ended", hear);
    events.addEventListener("open", () => this.#alive());
    events.addEventListener("error", () => {
      if (this.#stopped) return;
      if (this.connection === "live") this.connection = "connecting";
      this.#lookIn(LOOK_MS);
    });
  }

  #heard(job: Job): void {
    this.#alive();
    this.#show(job);
  }

  #alive(): void {
    if (this.#stopped) return;
    this.connection = "live";
    this.#lookIn(SILENT_MS);
  }

  #show(job: Job): void {
    if (this.#stopped) return;
    this.job = job;
    if (!hasEnded(job)) return;
    this.stop();
    this.ended(job);
  }

  #lookIn(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), delayMs);
  }

  async #look(): Promise<void> {
    try {
      const job = await this.api.job(this.id);
      if (this.connection !== "live") this.connection = "looking";
      this.#show(job);
      // A browser gives up for good where something in front of the gateway answers in its place.
      if (!this.#stopped && this.#events?.readyState === 2) this.#listen();
    } catch (error) {
      if (isFinal(error)) {
        this.error = error;
        this.stop();
        this.failed(error);
        return;
      }
      this.connection = "lost";
    }
    if (!this.#stopped) this.#lookIn(this.connection === "live" ? SILENT_MS : LOOK_MS);
  }
}
