/** A map of a pool as what is drawn: a cloud for each song, and the way of the mix through them. */

import type { PoolMap } from "../api/mixing";
import type { Chunk } from "./mix";

/** The side of the square that is drawn into, and the margin within. */
export const SIDE = 1000;
const MARGIN = 40;

export interface Stop {
  position: number;
  x: number;
  y: number;
}

export interface Cloud {
  /** The song's colour in the mix; null: the mix leaves it out. */
  colour: number | null;
  title: string;
  /** A path of dots: lines of no length with round ends. */
  path: string;
}

function placed(x: number, y: number): { x: number; y: number } {
  const half = SIDE / 2 - MARGIN;
  return { x: Math.round(SIDE / 2 + x * half), y: Math.round(SIDE / 2 - y * half) };
}

/** Return a cloud for each song; those that the mix leaves out come first, so that the others lie above them. */
export function cloudsOf(map: Pick<PoolMap, "points" | "songs">, chunks: Chunk[]): Cloud[] {
  const colours = new Map(chunks.map((chunk) => [chunk.song, chunk.colour]));
  const paths = map.songs.map(() => "");
  for (const point of map.points) {
    const { x, y } = placed(point.x, point.y);
    paths[point.song] += `M${x} ${y}h0`;
  }
  return map.songs
    .map(({ id, title }, index) => ({ colour: colours.get(id) ?? null, title, path: paths[index]! }))
    .filter((cloud) => cloud.path !== "")
    .sort((a, b) => Number(a.colour !== null) - Number(b.colour !== null));
}

/** Return where each chunk of the mix lies, in order. */
export function wayOf(map: Pick<PoolMap, "points" | "path">): Stop[] {
  return map.path.map((index, position) => ({
    position,
    ...placed(map.points[index]!.x, map.points[index]!.y),
  }));
}

/** Return the chunk of the mix that lies nearest to a place, if it is near. */
export function nearest(way: Stop[], x: number, y: number, within = SIDE / 20): Stop | undefined {
  const far = (stop: Stop) => Math.hypot(stop.x - x, stop.y - y);
  const best = way.reduce<Stop | undefined>(
    (best, stop) => (best === undefined || far(stop) < far(best) ? stop : best),
    undefined,
  );
  return best && far(best) <= within ? best : undefined;
}
