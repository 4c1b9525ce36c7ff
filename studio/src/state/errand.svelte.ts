/** A short job that the page waits for, looked at until it ends; a newer one takes its place. */

import type { Api, Job } from "../api/client";
import { isFinal, ProblemError } from "../api/problems";
import { hasEnded } from "./follower.svelte";

const FIRST_LOOK_MS = 250;
const LONGEST_WAIT_MS = 2000;

export class Errand {
  /** How far it is. */
  job = $state.raw<Job | null>(null);
  busy = $state(false);
  /** Why it came to nothing: what was thrown, or the problem of the job. */
  failure = $state.raw<unknown>(null);
  #run = 0;

  constructor(private readonly api: Pick<Api, "job">) {}

  /** Begin a job and wait for it; returns it where it succeeds, and null where it fails or is not wanted any more. */
  async run(begin: () => Promise<Job>): Promise<Job | null> {
    const run = ++this.#run;
    this.busy = true;
    this.failure = null;
    this.job = null;
    try {
      const job = await this.#ended(begin, run);
      if (job !== null && job.state !== "succeeded") {
        if (job.problem) throw new ProblemError(job.problem);
        return null;
      }
      return job;
    } catch (error) {
      if (run === this.#run) this.failure = error;
      return null;
    } finally {
      if (run === this.#run) this.busy = false;
    }
  }

  /** Wait no longer; the job itself goes on. */
  stop(): void {
    this.#run += 1;
    this.busy = false;
  }

  async #ended(begin: () => Promise<Job>, run: number): Promise<Job | null> {
    let job = await begin();
    for (let waitMs = FIRST_LOOK_MS; run === this.#run; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 1.5)) {
      this.job = job;
      if (hasEnded(job)) return job;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (run === this.#run) job = await this.#look(job);
    }
    return null;
  }

  /** Look at a job; while nobody answers, it is as it was. */
  async #look(job: Job): Promise<Job> {
    try {
      return await this.api.job(job.id);
    } catch (error) {
      if (isFinal(error)) throw error;
      return job;
    }
  }
}
