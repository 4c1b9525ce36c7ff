import { beforeEach, expect, test, vi } from "vitest";

import type { Job, Problem } from "../api/client";
import type { CutDetails, CutSummary } from "../api/pages";
import { Offline, ProblemError } from "../api/problems";
import { Cutting } from "./cutting.svelte";

const SONG = "5".repeat(64);
const cutOf = (id: string, song: string, minute: number) =>
  ({ id, song, created_at: `2026-11-22T09:0${minute}:00Z` }) as CutSummary;

const cuts = vi.fn<(song: string) => Promise<CutSummary[]>>();
const cut = vi.fn((id: string) => Promise.resolve({ id } as CutDetails));
const cutSongs = vi.fn((..._: unknown[]) => Promise.resolve({ id: "job" } as Job));
let end: (job: Partial<Job>) => void;
let lose: (error: ProblemError) => void;
const start = vi.fn();
const stop = vi.fn();
let cutting: Cutting;

function another(): Cutting {
  const api = { cuts, cut, cutSongs, job: vi.fn(), cancelJob: vi.fn() };
  cutting = new Cutting(SONG, api, (_, ended, failed) => {
    end = (job) => ended({ result: {}, ...job } as Job);
    lose = failed;
    return { start, stop } as never;
  });
  return cutting;
}

beforeEach(() => {
  for (const mock of [cutSongs, start, stop]) mock.mockClear();
  cuts.mockImplementation(async (song) => [cutOf("old", song, 1), cutOf("new", song, 2)]);
  another();
});

test("a song's own cuts are listed, the newest first, and that one is shown", async () => {
  await cutting.load();
  expect(cutting.cuts.map((one) => [one.id, one.song])).toEqual([
    ["new", SONG],
    ["old", SONG],
  ]);
  expect(cutting.shown?.id).toBe("new");
});

test("a cut that was asked for is shown once it is made, though it may have been there before", async () => {
  await cutting.load();
  await cutting.make("beats");
  expect(cutSongs.mock.calls[0]!.slice(0, 2)).toEqual([[SONG], { method: "beats" }]);
  expect([cutting.making, cutting.shown?.id]).toEqual([true, "new"]);
  end({ result: { cuts: ["old"] } as Job["result"] });
  await vi.waitFor(() => expect(cutting.making).toBe(false));
  expect(cutting.shown?.id).toBe("old");
});

test("why it could not be cut is told, whether the job failed or was not taken in", async () => {
  await cutting.make("equal");
  end({ problem: { title: "Too short", detail: "1 s", status: 422 } as Job["problem"] });
  await vi.waitFor(() => expect(cutting.making).toBe(false));
  expect(cutting.failure).toBeInstanceOf(ProblemError);
  cutSongs.mockRejectedValueOnce(new Offline());
  await cutting.make("equal");
  expect(cutting.failure).toBeInstanceOf(Offline);
  expect(cutting.making).toBe(false);
});

test("a job that cannot be followed any more is told, and the song may be cut again", async () => {
  await cutting.make("equal");
  const gone = new ProblemError({ title: "Not found", detail: "", status: 404 } as Problem);
  lose(gone);
  expect([cutting.making, cutting.failure]).toEqual([false, gone]);
});

test("a job is followed until the page is left, and not at all if it was left before there was one", async () => {
  await cutting.make("equal");
  cutting.stop();
  expect([start.mock.calls.length, stop.mock.calls.length]).toEqual([1, 1]);
  const asked = another().make("equal");
  cutting.stop();
  await asked;
  expect(start).toHaveBeenCalledOnce();
});
