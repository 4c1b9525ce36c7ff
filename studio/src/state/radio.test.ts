import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Problem } from "../api/client";
import type { Radio, RadioBan } from "../api/pages";
import { Offline, ProblemError } from "../api/problems";
import { AGAIN_MS, LOOK_MS, RadioSet, type Sound } from "./radio.svelte";

const POOL = "a".repeat(64);
const playing = (title: string) =>
  ({ listeners: 1, playing: { song: "s", title, chunk: 7, for_s: 1 } }) as unknown as Radio;

/** An audio element that plays nothing, and whose events the test fires. */
class FakeSound extends EventTarget {
  src = "";
  volume = 1;
  tuned: string[] = [];
  refuses: Error | null = null;
  play() {
    this.tuned.push(this.src);
    return this.refuses ? Promise.reject(this.refuses) : Promise.resolve();
  }
  pause() {}
  load() {}
  removeAttribute() {
    this.src = "";
  }
  fire(name: string) {
    this.dispatchEvent(new Event(name));
  }
}

const api = {
  radio: vi.fn<(pool: string, seed: number) => Promise<Radio>>(),
  skip: vi.fn<(pool: string, seed: number) => Promise<Radio>>(),
  ban: vi.fn<(pool: string, seed: number, ban: RadioBan) => Promise<Radio>>(),
  tryStream: vi.fn<(pool: string, seed: number) => Promise<void>>(),
};
let sound: FakeSound;
let radio: RadioSet;

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetAllMocks();
  api.radio.mockResolvedValue(playing("Night Drive"));
  sound = new FakeSound();
  radio = new RadioSet(api, sound as unknown as Sound);
});
afterEach(() => vi.useRealTimers());

test("it tunes in, plays once sound comes, and tells what plays", async () => {
  radio.play(POOL, 3);
  expect([radio.reception, sound.src]).toEqual(["tuning", `/v1/radio/${POOL}.mp3?seed=3`]);
  sound.fire("playing");
  expect(radio.reception).toBe("playing");
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(radio.now?.playing?.title).toBe("Night Drive");
  expect([radio.hears(POOL, 3), radio.hears(POOL, 4)]).toEqual([true, false]);
});

test("a stream that breaks off is tuned in again, once the gateway answers", async () => {
  radio.play(POOL, 0);
  sound.fire("playing");
  sound.fire("ended");
  expect(radio.reception).toBe("lost");
  api.radio.mockRejectedValueOnce(new Offline());
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(sound.tuned).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(sound.tuned).toHaveLength(2);
  sound.fire("playing");
  expect(radio.reception).toBe("playing");
});

const refusal = (status: number) => new ProblemError({ status, title: "No", detail: "" } as Problem);

test("why there is no stream is told, and it is tried again by and by until there is", async () => {
  const busy = refusal(503);
  api.tryStream.mockRejectedValueOnce(busy).mockRejectedValueOnce(busy);
  radio.play(POOL, 0);
  sound.fire("error");
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect([radio.reception, radio.failure]).toEqual(["lost", busy]);
  await vi.advanceTimersByTimeAsync(AGAIN_MS - LOOK_MS);
  expect(api.tryStream).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(2 * AGAIN_MS);
  expect([api.tryStream.mock.calls.length, sound.tuned.length]).toEqual([3, 2]);
  expect([radio.reception, radio.failure]).toEqual(["tuning", null]);
});

test("while it tunes in again, nothing interrupts it; once sound came, the next break is the first again", async () => {
  radio.play(POOL, 0);
  sound.fire("error");
  await vi.advanceTimersByTimeAsync(2 * AGAIN_MS);
  expect([radio.reception, sound.tuned.length]).toEqual(["tuning", 2]);
  sound.fire("playing");
  sound.fire("ended");
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect([radio.reception, sound.tuned.length]).toEqual(["tuning", 3]);
});

test("a stream that is refused for good ends it, with the reason", async () => {
  const needed = refusal(401);
  api.tryStream.mockRejectedValue(needed);
  radio.play(POOL, 0);
  sound.fire("error");
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect([radio.reception, radio.failure, sound.tuned.length]).toEqual(["off", needed, 1]);
});

test("one that is switched off while its stream is tried stays off", async () => {
  let found!: () => void;
  api.tryStream.mockReturnValue(new Promise((resolve) => (found = resolve)));
  radio.play(POOL, 0);
  sound.fire("error");
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  radio.stop();
  found();
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect([radio.reception, sound.tuned.length]).toEqual(["off", 1]);
});

test("once it is off, nothing is asked any more, and its stream is let go", async () => {
  radio.play(POOL, 0);
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  radio.stop();
  sound.fire("error");
  await vi.advanceTimersByTimeAsync(5 * LOOK_MS);
  expect([radio.reception, radio.now, sound.src]).toEqual(["off", null, ""]);
  expect(api.radio).toHaveBeenCalledOnce();
});

test("what is wished is about what plays, by name", async () => {
  radio.play(POOL, 5);
  await radio.skip();
  expect(api.skip).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  api.skip.mockResolvedValue(playing("Night Drive"));
  await radio.skip();
  expect(radio.wished).toEqual({ what: "skip", title: "Night Drive" });
  api.ban.mockResolvedValue(playing("Lounge"));
  await radio.ban("chunk");
  expect(api.ban).toHaveBeenCalledWith(POOL, 5, { what: "chunk", song: "s", chunk: 7 });
  expect(radio.wished).toEqual({ what: "chunk", title: "Night Drive" });
  expect(radio.now?.playing?.title).toBe("Lounge");
});

test("a wish that is refused is told, and the radio goes on", async () => {
  radio.play(POOL, 0);
  sound.fire("playing");
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  const last = new ProblemError({ status: 422, title: "The last", detail: "" } as Problem);
  api.ban.mockRejectedValue(last);
  await radio.ban("song");
  expect([radio.failure, radio.wished, radio.reception]).toEqual([last, null, "playing"]);
});

test("a pool that is not there ends it, with the reason", async () => {
  const gone = new ProblemError({ status: 404, title: "Not found", detail: "" } as Problem);
  api.radio.mockRejectedValue(gone);
  radio.play(POOL, 0);
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect([radio.reception, radio.failure]).toEqual(["off", gone]);
});

test("asked too often, it goes on all the same", async () => {
  api.radio.mockRejectedValueOnce(new ProblemError({ status: 429, title: "", detail: "" } as Problem));
  radio.play(POOL, 0);
  await vi.advanceTimersByTimeAsync(2 * LOOK_MS);
  expect([radio.reception, radio.now?.playing?.title]).toEqual(["tuning", "Night Drive"]);
});

test("where the browser wants a press of a button first, it is off until then", async () => {
  sound.refuses = new DOMException("press first", "NotAllowedError");
  radio.play(POOL, 0);
  await vi.advanceTimersByTimeAsync(0);
  expect(radio.reception).toBe("off");
});
