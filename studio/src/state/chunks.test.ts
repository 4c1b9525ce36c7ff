import { expect, test } from "vitest";

import { Chunks } from "./chunks.svelte";

/** A player that notes what it is asked for, and ends a sound when the test says so. */
function fake(fails = false) {
  const played: string[] = [];
  const ends: (() => void)[] = [];
  const player = {
    play(path: string, over: () => void) {
      played.push(path);
      ends.push(over);
      return Promise.resolve(fails);
    },
    stop: () => void played.push("stop"),
  };
  return { played, player, ends };
}

const chunksOver = (player: ReturnType<typeof fake>["player"]) => new Chunks(player, 3, (n) => `/${n}`);

test("the chosen one stays within the cut", () => {
  const chunks = chunksOver(fake().player);
  for (const [asked, chosen] of [
    [-1, 0],
    [2, 2],
    [3, 2],
  ] as const) {
    chunks.choose(asked);
    expect(chunks.chosen).toBe(chosen);
  }
});

test("one sounds at a time, until its end or until it is pressed again", async () => {
  const { played, player, ends } = fake();
  const chunks = chunksOver(player);
  await chunks.toggle(1);
  expect([chunks.sounding, chunks.chosen]).toEqual([1, 1]);
  await chunks.toggle(2);
  ends[0]!();
  expect(chunks.sounding).toBe(2);
  ends[1]!();
  expect(chunks.sounding).toBeNull();
  await chunks.toggle(2);
  await chunks.toggle(2);
  expect(chunks.sounding).toBeNull();
  expect(played).toEqual(["/1", "/2", "/2", "stop"]);
});

test("what cannot be played is told, until the next try", async () => {
  const chunks = chunksOver(fake(true).player);
  await chunks.toggle(0);
  expect([chunks.sounding, chunks.failed]).toEqual([null, true]);
  void chunks.toggle(1);
  expect(chunks.failed).toBe(false);
});
