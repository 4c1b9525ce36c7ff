import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Job, Problem } from "../api/client";
import { Offline, ProblemError } from "../api/problems";
import { Errand } from "./errand.svelte";

const jobOf = (state: Job["state"], more = {}) =>
  ({ id: "j", state, progress: 0, problem: null, ...more }) as Job;
const look = vi.fn<() => Promise<Job>>();
const begin = async () => jobOf("queued");

beforeEach(() => {
  vi.useFakeTimers();
  look.mockReset();
});
afterEach(() => vi.useRealTimers());

test("a job is waited for through running and silence, and its end is returned", async () => {
  const errand = new Errand({ job: look });
  look
    .mockResolvedValueOnce(jobOf("running", { progress: 0.5 }))
    .mockRejectedValueOnce(new Offline())
    .mockRejectedValueOnce(new ProblemError({ title: "Too many", detail: "", status: 429 } as Problem))
    .mockResolvedValueOnce(jobOf("succeeded", { mix: "m" }));
  const ended = errand.run(begin);
  await vi.advanceTimersByTimeAsync(300);
  expect([errand.busy, errand.job?.progress]).toEqual([true, 0.5]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect((await ended)?.mix).toBe("m");
  expect([errand.busy, errand.failure]).toEqual([false, null]);
});

test("a job that was done before is not looked at", async () => {
  const errand = new Errand({ job: look });
  expect(await errand.run(async () => jobOf("succeeded"))).toMatchObject({ state: "succeeded" });
  expect(look).not.toHaveBeenCalled();
});

test.each([
  ["the job fails", async () => jobOf("failed", { problem: { title: "No", status: 422 } })],
  ["it is refused", async () => Promise.reject(new ProblemError({ title: "No", detail: "" } as Problem))],
])("where %s, that is told", async (_, begin) => {
  const errand = new Errand({ job: look });
  expect(await errand.run(begin)).toBeNull();
  expect((errand.failure as ProblemError).problem.title).toBe("No");
  expect(errand.busy).toBe(false);
});

test("a newer errand takes the place of an older one, which says nothing any more", async () => {
  const errand = new Errand({ job: look });
  look.mockRejectedValue(new ProblemError({ title: "Gone", status: 404 } as Problem));
  const older = errand.run(begin);
  const newer = errand.run(async () => jobOf("succeeded", { id: "k" }));
  await vi.advanceTimersByTimeAsync(10_000);
  expect([await older, (await newer)?.id, errand.failure]).toEqual([null, "k", null]);
});
