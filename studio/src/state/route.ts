/** What is shown is in the address, after the `#`: a reload and a bookmark find it again. */

export type Route =
  | { view: "songs" }
  | { view: "job"; id: string }
  | { view: "mix"; id: string }
  | { view: "compare"; ids: [string, string] };

const PLACES = { jobs: "job", mixes: "mix" } as const;

export function parseRoute(hash: string): Route {
  const compared = /^#\/compare\/([0-9a-f]{64})\/([0-9a-f]{64})$/.exec(hash);
  if (compared) return { view: "compare", ids: [compared[1]!, compared[2]!] };
  const found = /^#\/(jobs|mixes)\/([0-9a-f]{32,64})$/.exec(hash);
  return found ? { view: PLACES[found[1] as keyof typeof PLACES], id: found[2]! } : { view: "songs" };
}

export const hrefOf = {
  songs: "#/",
  job: (id: string) => `#/jobs/${id}`,
  mix: (id: string) => `#/mixes/${id}`,
  compare: (one: string, other: string) => `#/compare/${one}/${other}`,
};
