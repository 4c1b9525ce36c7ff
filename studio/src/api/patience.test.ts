import { beforeEach, expect, test, vi } from "vitest";

import type { Problem, Song } from "./client";
import { patiently, sleep } from "./patience";
import { Offline, ProblemError } from "./problems";
import type { Send, Sent } from "./sending";

const file = new File(["sound"], "short.mp3");
const sent: Sent = { song: { id: "s" } as Song, isNew: true };
const problem = (status: number, retryAfterS?: number) =>
  new ProblemError({ status, title: "", detail: "" } as Problem, retryAfterS);
const waits: number[] = [];
const wait = (ms: number) => {
  waits.push(ms);
  return Promise.resolve();
};
const once = vi.fn<Send>();
const [paused, progress] = [vi.fn(), vi.fn()];
const send = (signal = new AbortController().signal, of: File = file) =>
  patiently(once, wait)(of, progress, signal, paused);

beforeEach(() => {
  waits.length = 0;
  vi.resetAllMocks();
});

test("a line that is lost is waited for, longer and longer, and the file is sent again", async () => {
  for (let time = 0; time < 6; time += 1) once.mockRejectedValueOnce(new Offline());
  once.mockImplementation((_file, onProgress) => {
    onProgress(5);
    return Promise.resolve(sent);
  });
  expect(await send()).toBe(sent);
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
  expect(paused.mock.calls).toEqual([...waits.map(() => ["lost"]), [null]]);
  expect(progress.mock.calls.slice(-2)).toEqual([[0], [5]]);
});

test("a gateway that is busy is told from a line that is lost, and is waited for as it asks", async () => {
  once.mockRejectedValueOnce(problem(503)).mockRejectedValueOnce(problem(429, 30));
  once.mockRejectedValueOnce(problem(429, 3600)).mockRejectedValueOnce(problem(502));
  once.mockResolvedValue(sent);
  await send();
  expect(waits).toEqual([500, 30_000, 60_000, 4000]);
  expect(paused.mock.calls).toEqual([["busy"], ["busy"], ["busy"], ["lost"]]);
});

test.each([401, 413, 422, 500])("a refusal, %i, is not tried again", async (status) => {
  once.mockRejectedValue(problem(status));
  await expect(send()).rejects.toMatchObject({ problem: { status } });
  expect([once.mock.calls.length, waits]).toEqual([1, []]);
});

test("a file that cannot be read any more is not waited for", async () => {
  const moved = {
    slice: () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }),
  } as unknown as File;
  once.mockRejectedValue(new Offline());
  await expect(send(undefined, moved)).rejects.toThrow(Offline);
  expect(waits).toEqual([]);
});

test("one that is stopped while it waits is sent no more", async () => {
  const stopping = new AbortController();
  once.mockRejectedValue(new Offline());
  const sending = patiently(once, sleep)(file, progress, stopping.signal, () => {
    setTimeout(() => stopping.abort(new Error("stopped")));
  });
  await expect(sending).rejects.toThrow("stopped");
  expect(once).toHaveBeenCalledOnce();
});
