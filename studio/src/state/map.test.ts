import { expect, test } from "vitest";

import type { PoolMap } from "../api/mixing";
import { cloudsOf, nearest, SIDE, wayOf } from "./map";
import type { Chunk } from "./mix";

const MAP = {
  songs: [
    { id: "a", title: "Ann" },
    { id: "b", title: "Bea" },
  ],
  points: [
    { x: -1, y: 0, song: 0, chunk: 0, start_s: 0 },
    { x: 1, y: 1, song: 1, chunk: 0, start_s: 0 },
    { x: 0, y: 0, song: 0, chunk: 1, start_s: 4 },
  ],
  path: [2, 0],
} as unknown as PoolMap;

test("each song is a cloud in its colour; those that the mix leaves out lie below", () => {
  const clouds = cloudsOf(MAP, [{ song: "a", colour: 5 } as Chunk]);
  expect(clouds.map(({ title, colour }) => [title, colour])).toEqual([
    ["Bea", null],
    ["Ann", 5],
  ]);
  expect(clouds.map(({ path }) => path.match(/M/g)?.length)).toEqual([1, 2]);
});

test("the way leads through the chunks in order, upwards on the screen where y rises", () => {
  const [from, to] = wayOf(MAP);
  expect([from!.x, from!.y]).toEqual([SIDE / 2, SIDE / 2]);
  expect(to!.x).toBeLessThan(from!.x);
  const [high] = wayOf({ ...MAP, path: [1] });
  expect(high!.y).toBeLessThan(SIDE / 2);
});

test("a chunk of the way is found near a place, and nothing far from all", () => {
  const way = wayOf(MAP);
  expect(nearest(way, SIDE / 2 + 20, SIDE / 2 - 10)?.position).toBe(0);
  expect(nearest(way, SIDE / 2, 0)).toBeUndefined();
  expect(nearest([], 0, 0)).toBeUndefined();
});
