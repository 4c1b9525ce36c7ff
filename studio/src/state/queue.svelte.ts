/**
 * What is being worked on and who works, looked at again and again. A look may take long, since what is stored
 * is counted for it: so it is not looked more than a tenth of the time.
 */

import type { Api, Job } from "../api/client";
import type { JobSummary, System } from "../api/pages";
import { isFinal } from "../api/problems";

export const LOOK_MS = 3000;
const REST = 10;
const PAGE = 30;
/** Of so many open jobs it is asked how far they are. */
const FOLLOWED = 8;

export function isOpen(job: Pick<JobSummary, "state">): boolean {
  return job.state === "queued" || job.state === "running";
}

export class Queue {
  system = $state.raw<System | null>(null);
  /** The newest first. */
  jobs = $state.raw<JobSummary[]>([]);
  /** How far the first of the open ones are, by their ids. */
  progress = $state.raw<Record<string, Job>>({});
  failure = $state.raw<unknown>(null);
  /** Whether there are older jobs than those that are shown. */
  more = $state(false);
  lookedAt = $state<Date | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #pages = 1;

  constructor(
    private readonly api: Pick<Api, "system" | "jobs" | "job" | "cancelJob">,
    private readonly now = () => performance.now(),
  ) {}

  get open(): JobSummary[] {
    return this.jobs.filter(isOpen);
  }

  get ended(): JobSummary[] {
    return this.jobs.filter((job) => !isOpen(job));
  }

  start(): void {
    void this.look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async look(): Promise<void> {
    clearTimeout(this.#timer);
    const began = this.now();
    try {
      const [system, jobs] = await Promise.all([this.api.system(), this.#someJobs()]);
      this.progress = await this.#howFar(jobs.filter(isOpen).slice(0, FOLLOWED));
      this.system = system;
      this.jobs = jobs;
      this.lookedAt = new Date();
      this.failure = null;
    } catch (error) {
      this.failure = error;
      // Asked for a key, it begins anew once there is one.
      if (isFinal(error)) return;
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.look(), Math.max(LOOK_MS, REST * (this.now() - began)));
  }

  async older(): Promise<void> {
    this.#pages += 1;
    await this.look();
  }

  async cancel(id: string): Promise<void> {
    try {
      await this.api.cancelJob(id);
    } catch (error) {
      this.failure = error;
      return;
    }
    await this.look();
  }

  async #someJobs(): Promise<JobSummary[]> {
    const jobs: JobSummary[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < this.#pages; page += 1) {
      const { items, next_cursor }: { items: JobSummary[]; next_cursor: string | null } = await this.api.jobs(
        cursor,
        PAGE,
      );
      jobs.push(...items);
      cursor = next_cursor;
      if (cursor === null) break;
    }
    this.more = cursor !== null;
    return jobs;
  }

  async #howFar(jobs: JobSummary[]): Promise<Record<string, Job>> {
    const found = await Promise.all(jobs.map((job) => this.api.job(job.id)));
    return Object.fromEntries(found.map((job) => [job.id, job]));
  }
}
