import { expect, test, vi } from "vitest";

import { Player, type Media } from "./player.svelte";

test("the player follows its sound and keeps within the mix", () => {
  const media = Object.assign(new EventTarget(), {
    currentTime: 0,
    paused: true,
    play: vi.fn(async () => {}),
    pause: vi.fn(),
  });
  const player = new Player(60);
  const release = player.attach(media as unknown as Media);
  media.currentTime = 12;
  media.dispatchEvent(new Event("timeupdate"));
  player.skip(-30);
  expect([player.timeS, media.currentTime]).toEqual([0, 0]);
  player.seek(99);
  expect(media.currentTime).toBe(60);
  player.toggle();
  expect(media.play).toHaveBeenCalledOnce();
  release();
  expect(media.pause).toHaveBeenCalledOnce();
  media.dispatchEvent(new Event("play"));
  expect(player.playing).toBe(false);
});
