/** Where a job leads once it has succeeded: to the page of what it made. */

import type { Job } from "../api/client";
import { hrefOf } from "./route";

/** Return the address of what a job made; null where there is no page for it. */
export function outcomeOf(job: Pick<Job, "goal" | "mix" | "result">): string | null {
  const { models = [], pools = [], songs = [] } = job.result;
  if (job.mix) return hrefOf.mix(job.mix);
  switch (job.goal) {
    case "model":
    case "report":
      return models[0] ? hrefOf.model(models[0]) : hrefOf.models;
    case "pool":
      return pools[0] ? hrefOf.radio(pools[0], 0) : hrefOf.radios;
    case "song":
    case "cuts":
      return songs.length === 1 ? hrefOf.song(songs[0]!) : hrefOf.songs;
    default:
      return null;
  }
}
