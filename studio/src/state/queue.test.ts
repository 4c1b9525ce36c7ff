import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Job, Problem } from "../api/client";
import type { JobSummary, System } from "../api/pages";
import { Offline, ProblemError } from "../api/problems";
import { LOOK_MS, Queue } from "./queue.svelte";

const jobOf = (id: string, state: JobSummary["state"]) => ({ id, state }) as JobSummary;
const api = {
  system: vi.fn<() => Promise<System>>(),
  jobs: vi.fn<
    (cursor: string | null, limit: number) => Promise<{ items: JobSummary[]; next_cursor: string | null }>
  >(),
  job: vi.fn((id: string) => Promise.resolve({ id, progress: 0.5 } as Job)),
  cancelJob: vi.fn<(id: string) => Promise<Job>>(),
};
let queue: Queue;
let takesMs = 0;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  takesMs = 0;
  let nowMs = 0;
  api.system.mockResolvedValue({ open_jobs: 1 } as System);
  api.jobs.mockResolvedValue({ items: [jobOf("a", "running"), jobOf("b", "failed")], next_cursor: null });
  api.cancelJob.mockResolvedValue({} as Job);
  queue = new Queue(api, () => (nowMs += takesMs));
});
afterEach(() => {
  queue.stop();
  vi.useRealTimers();
});

test("what is open and what has ended are told apart, and of the open ones how far they are", async () => {
  await queue.look();
  expect(queue.open.map((job) => job.id)).toEqual(["a"]);
  expect(queue.ended.map((job) => job.id)).toEqual(["b"]);
  expect([queue.progress["a"]?.progress, queue.progress["b"]]).toEqual([0.5, undefined]);
});

test("it looks again, less often where a look takes long, and no more once it is left", async () => {
  await queue.look();
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(api.system).toHaveBeenCalledTimes(2);
  takesMs = 2000;
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  await vi.advanceTimersByTimeAsync(4 * LOOK_MS);
  expect(api.system).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(api.system).toHaveBeenCalledTimes(4);
  queue.stop();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(api.system).toHaveBeenCalledTimes(4);
});

test("what cannot be looked at stays as it was, with the reason, until it can be again", async () => {
  await queue.look();
  api.system.mockRejectedValueOnce(new Offline());
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(queue.failure).toBeInstanceOf(Offline);
  expect(queue.jobs).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(queue.failure).toBeNull();
});

test("asked for a key, it does not go on asking without one", async () => {
  api.system.mockRejectedValue(new ProblemError({ status: 401, title: "", detail: "" } as Problem));
  await queue.look();
  await vi.advanceTimersByTimeAsync(10 * LOOK_MS);
  expect(api.system).toHaveBeenCalledOnce();
});

test("older jobs are shown when they are asked for, and stay", async () => {
  api.jobs.mockImplementation((cursor) =>
    Promise.resolve(
      cursor === null
        ? { items: [jobOf("a", "running")], next_cursor: "a" }
        : { items: [jobOf("b", "succeeded")], next_cursor: null },
    ),
  );
  await queue.look();
  expect([queue.jobs.length, queue.more]).toEqual([1, true]);
  await queue.older();
  await queue.look();
  expect([queue.jobs.length, queue.more]).toEqual([2, false]);
});

test("a job is cancelled, or it is told why not", async () => {
  await queue.cancel("a");
  expect(api.cancelJob).toHaveBeenCalledWith("a");
  expect(api.system).toHaveBeenCalledOnce();
  api.cancelJob.mockRejectedValueOnce(new Offline());
  await queue.cancel("a");
  expect(queue.failure).toBeInstanceOf(Offline);
});
