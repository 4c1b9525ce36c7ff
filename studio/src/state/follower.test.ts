import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Job, Problem } from "../api/client";
import { Offline, ProblemError } from "../api/problems";
import { Follower, LOOK_MS, SILENT_MS } from "./follower.svelte";

const jobOf = (state: Job["state"], progress = 0) => ({ id: "j", state, progress }) as Job;

class FakeEvents extends EventTarget {
  readyState = 0;
  close = vi.fn();

  tell(name: string, job?: Job): void {
    this.dispatchEvent(Object.assign(new Event(name), job ? { data: JSON.stringify(job) } : {}));
  }
}

let opened: FakeEvents[];
const look = vi.fn<() => Promise<Job>>();
const ended = vi.fn();
const failed = vi.fn();

function followed(): Follower {
  const open = () => {
    opened.push(new FakeEvents());
    return opened.at(-1)!;
  };
  const follower = new Follower(
    "j",
    { job: look, cancelJob: async () => jobOf("cancelled") },
    open,
    ended,
    failed,
  );
  follower.start();
  return follower;
}

beforeEach(() => {
  vi.useFakeTimers();
  opened = [];
  look.mockReset();
  ended.mockReset();
  failed.mockReset();
});
afterEach(() => vi.useRealTimers());

test("events show the job until its end, and nothing is asked beside them", async () => {
  const follower = followed();
  opened[0]!.tell("open");
  opened[0]!.tell("job", jobOf("running", 0.4));
  expect([follower.connection, follower.job?.progress]).toEqual(["live", 0.4]);
  opened[0]!.tell("ended", jobOf("succeeded", 1));
  expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ state: "succeeded" }));
  expect(opened[0]!.close).toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(10 * SILENT_MS);
  expect(look).not.toHaveBeenCalled();
});

test("a lost connection is told, the job stays in sight, and goes on when it is back", async () => {
  look.mockRejectedValue(new Offline());
  const follower = followed();
  opened[0]!.tell("job", jobOf("running", 0.4));
  opened[0]!.tell("error");
  await vi.advanceTimersByTimeAsync(3 * LOOK_MS);
  expect([follower.connection, follower.job?.progress]).toEqual(["lost", 0.4]);
  opened[0]!.tell("open");
  expect(follower.connection).toBe("live");
});

test("where events do not come through, the job is looked at, and events are asked for again", async () => {
  look.mockResolvedValue(jobOf("running", 0.5));
  const follower = followed();
  opened[0]!.readyState = 2;
  opened[0]!.tell("error");
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect([follower.connection, follower.job?.progress, opened.length]).toEqual(["looking", 0.5, 2]);
  look.mockResolvedValue(jobOf("succeeded", 1));
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(ended).toHaveBeenCalledOnce();
});

test("silence is looked into, even while events seem to go on", async () => {
  look.mockResolvedValue(jobOf("running", 0.7));
  const follower = followed();
  opened[0]!.tell("job", jobOf("running", 0.4));
  await vi.advanceTimersByTimeAsync(SILENT_MS);
  expect([follower.connection, follower.job?.progress]).toEqual(["live", 0.7]);
});

test("a job that there is not is told, and not asked for again", async () => {
  const problem = { title: "Not found", detail: "", status: 404 } as Problem;
  look.mockRejectedValue(new ProblemError(problem));
  const follower = followed();
  opened[0]!.tell("error");
  await vi.advanceTimersByTimeAsync(10 * LOOK_MS);
  expect(follower.error?.problem).toBe(problem);
  expect(failed).toHaveBeenCalledExactlyOnceWith(follower.error);
  expect(look).toHaveBeenCalledOnce();
});

test.each([503, 429])("a gateway in trouble, which answers %d, is asked again", async (status) => {
  look.mockRejectedValue(new ProblemError({ title: "", detail: "", status } as Problem));
  const follower = followed();
  opened[0]!.tell("error");
  await vi.advanceTimersByTimeAsync(3 * LOOK_MS);
  expect([follower.error, follower.connection]).toEqual([null, "lost"]);
  expect(look.mock.calls.length).toBeGreaterThan(1);
  expect(failed).not.toHaveBeenCalled();
});

test("cancelling ends it", async () => {
  const follower = followed();
  await follower.cancel();
  expect(follower.job?.state).toBe("cancelled");
  expect(ended).toHaveBeenCalledOnce();
});

test("once stopped, nothing is shown or asked any more", async () => {
  look.mockResolvedValue(jobOf("running", 0.9));
  const follower = followed();
  follower.stop();
  opened[0]!.tell("error");
  opened[0]!.tell("job", jobOf("running", 0.4));
  await vi.advanceTimersByTimeAsync(10 * SILENT_MS);
  expect(follower.job).toBeNull();
  expect(look).not.toHaveBeenCalled();
});
