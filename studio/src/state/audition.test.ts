import { expect, test, vi } from "vitest";

import { Audition } from "./audition.svelte";

test("what is heard for a moment silences the mix, and asked for again it stops", () => {
  const media = Object.assign(new EventTarget(), {
    src: "",
    currentTime: 0,
    paused: true,
    play: vi.fn(async () => void media.dispatchEvent(new Event("play"))),
    pause: vi.fn(() => void media.dispatchEvent(new Event("pause"))),
  });
  const quiet = vi.fn();
  const audition = new Audition(quiet);
  audition.play("before it can sound");
  expect(quiet).not.toHaveBeenCalled();
  const release = audition.attach(media as never);
  audition.toggle("/one");
  expect([media.src, audition.isHeard("/one"), quiet.mock.calls.length]).toEqual(["/one", true, 1]);
  audition.toggle("/two");
  expect([audition.isHeard("/one"), audition.isHeard("/two")]).toEqual([false, true]);
  audition.toggle("/two");
  expect(audition.playing).toBe(false);
  release();
  media.dispatchEvent(new Event("play"));
  expect(audition.playing).toBe(false);
});
