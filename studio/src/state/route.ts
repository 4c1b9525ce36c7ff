/** What is shown is in the address, after the `#`: a reload and a bookmark find it again. */

import { wholeWithin } from "./words";

export type Route =
  | { view: "songs" | "radios" | "models" | "queue" }
  | { view: "song" | "job" | "mix" | "model"; id: string }
  | { view: "radio"; id: string; seed: number }
  | { view: "compare"; ids: [string, string] };

/** Of the numbers by which radios begin elsewhere. */
export const MOST_RADIO_SEED = 999_999_999;

const LISTS = { radio: "radios", models: "models", queue: "queue" } as const;
const PLACES = { songs: "song", jobs: "job", mixes: "mix", models: "model" } as const;

export function parseRoute(hash: string): Route {
  const compared = /^#\/compare\/([0-9a-f]{64})\/([0-9a-f]{64})$/.exec(hash);
  if (compared) return { view: "compare", ids: [compared[1]!, compared[2]!] };
  const list = /^#\/(radio|models|queue)$/.exec(hash);
  if (list) return { view: LISTS[list[1] as keyof typeof LISTS] };
  const radio = /^#\/radio\/([0-9a-f]{64})\/(\d{1,9})$/.exec(hash);
  if (radio) return { view: "radio", id: radio[1]!, seed: Number(radio[2]) };
  const found = /^#\/(songs|jobs|mixes|models)\/([0-9a-f]{32,64})$/.exec(hash);
  return found ? { view: PLACES[found[1] as keyof typeof PLACES], id: found[2]! } : { view: "songs" };
}

/** Return what tells pages apart; where a radio begins does not. */
export function pageOf(route: Route): string {
  const ids = "ids" in route ? route.ids : "id" in route ? [route.id] : [];
  return [route.view, ...ids].join(" ");
}

export const hrefOf = {
  songs: "#/",
  song: (id: string) => `#/songs/${id}`,
  job: (id: string) => `#/jobs/${id}`,
  mix: (id: string) => `#/mixes/${id}`,
  compare: (one: string, other: string) => `#/compare/${one}/${other}`,
  radios: "#/radio",
  radio: (pool: string, seed: number) => `#/radio/${pool}/${wholeWithin(seed, MOST_RADIO_SEED)}`,
  models: "#/models",
  model: (id: string) => `#/models/${id}`,
  queue: "#/queue",
};
