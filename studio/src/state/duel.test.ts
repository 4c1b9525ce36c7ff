import { expect, test, vi } from "vitest";

import { Duel } from "./duel.svelte";
import type { Media } from "./player.svelte";

function soundOf() {
  return Object.assign(new EventTarget(), {
    currentTime: 0,
    paused: true,
    play: vi.fn(async () => {}),
    pause: vi.fn(),
  });
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("one is heard at a time, from where the other was, and both must be before both were heard", async () => {
  const sounds = [soundOf(), soundOf()];
  const duel = new Duel(() => 0);
  duel.attach(sounds as unknown as Media[]);
  duel.listen(0);
  sounds[0]!.currentTime = 12;
  sounds[0]!.dispatchEvent(new Event("timeupdate"));
  await settled();
  expect([duel.timeS, duel.heard]).toEqual([12, [true, false]]);
  duel.listen(1);
  expect(sounds[0]!.pause).toHaveBeenCalled();
  expect(sounds[1]!.currentTime).toBe(12);
  await settled();
  expect(duel.heard).toEqual([true, true]);
  duel.toggle();
  expect(duel.playing).toBe(false);
});

test("what cannot be played was not heard, and that is told, until it can be", async () => {
  const sounds = [soundOf(), soundOf()];
  const duel = new Duel(() => 0);
  duel.attach(sounds as unknown as Media[]);
  sounds[0]!.play.mockRejectedValueOnce(new DOMException("", "NotSupportedError"));
  duel.listen(0);
  await settled();
  expect([duel.failed, duel.playing, duel.heard]).toEqual([true, false, [false, false]]);
  duel.listen(1);
  await settled();
  expect([duel.failed, duel.playing, duel.heard]).toEqual([true, true, [false, true]]);
  duel.listen(0);
  await settled();
  expect([duel.failed, duel.heard]).toEqual([false, [true, true]]);
});

test("a sound that breaks off is told; one that was left before it began is not", async () => {
  const sounds = [soundOf(), soundOf()];
  const duel = new Duel(() => 0);
  const detach = duel.attach(sounds as unknown as Media[]);
  sounds[0]!.play.mockRejectedValueOnce(new DOMException("", "AbortError"));
  duel.listen(0);
  duel.listen(1);
  await settled();
  expect([duel.failed, duel.playing, duel.heard]).toEqual([false, true, [false, true]]);
  sounds[1]!.dispatchEvent(new Event("error"));
  expect([duel.failed, duel.playing]).toEqual([true, false]);
  detach();
});

test("a vote is for the mix that was heard on that side, whichever was drawn to be there", () => {
  const [straight, crossed] = [new Duel(() => 0.2), new Duel(() => 0.8)];
  expect([straight.order, crossed.order]).toEqual([
    [0, 1],
    [1, 0],
  ]);
  expect([0, 1, null].map((side) => straight.voteFor(side as 0 | 1 | null))).toEqual(["a", "b", "tie"]);
  expect([0, 1, null].map((side) => crossed.voteFor(side as 0 | 1 | null))).toEqual(["b", "a", "tie"]);
});
