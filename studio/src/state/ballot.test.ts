import { beforeEach, expect, test, vi } from "vitest";

import type { Problem } from "../api/client";
import type { Tally, Vote } from "../api/mixing";
import { Offline, ProblemError } from "../api/problems";
import { Ballot } from "./ballot.svelte";

const TALLY = { rows: [] } as unknown as Tally;
const vote = vi.fn((..._: [string, string, Vote["choice"], string]) => Promise.resolve({} as Vote));
const tally = vi.fn(() => Promise.resolve(TALLY));
let ballot: Ballot;

beforeEach(() => {
  vote.mockClear();
  tally.mockClear();
  ballot = new Ballot(["m", "n"], { vote, tally });
});

const takes = () => ([0, 1, null] as const).map((side) => ballot.takes(side));

test("while a vote is sent no other is taken", async () => {
  const sent = ballot.vote(0, "b");
  expect([ballot.sending, takes()]).toEqual([true, [false, false, false]]);
  await Promise.all([ballot.vote(0, "b"), ballot.vote(null, "tie"), sent]);
  expect(vote).toHaveBeenCalledExactlyOnceWith("m", "n", "b", expect.any(String));
  expect([ballot.sending, ballot.told]).toEqual([false, { side: 0, tally: TALLY }]);
});

test("a vote that nobody answered is sent again under the same key, and cannot be changed", async () => {
  vote.mockRejectedValueOnce(new Offline());
  await ballot.vote(1, "a");
  expect([ballot.failure, ballot.told]).toEqual([expect.any(Offline), null]);
  expect(takes()).toEqual([false, true, false]);
  await ballot.vote(0, "b");
  await ballot.vote(1, "a");
  expect(vote).toHaveBeenCalledTimes(2);
  expect(vote.mock.calls[1]).toEqual(vote.mock.calls[0]);
  expect([ballot.failure, ballot.told?.side]).toEqual([null, 1]);
});

test("once it is kept, a second press asks how votes stand, and nothing else", async () => {
  tally.mockRejectedValueOnce(new ProblemError({ title: "", detail: "", status: 404 } as Problem));
  await ballot.vote(null, "tie");
  expect([ballot.failure, takes()]).toEqual([expect.any(ProblemError), [false, false, true]]);
  await ballot.vote(null, "tie");
  expect(vote).toHaveBeenCalledOnce();
  expect(ballot.told).toEqual({ side: null, tally: TALLY });
});

test("after one that was refused another may be cast, under another key", async () => {
  vote.mockRejectedValueOnce(new ProblemError({ title: "Gone", detail: "", status: 404 } as Problem));
  await ballot.vote(0, "a");
  expect(takes()).toEqual([true, true, true]);
  await ballot.vote(1, "b");
  expect(vote.mock.calls[1]![2]).toBe("b");
  expect(vote.mock.calls[1]![3]).not.toBe(vote.mock.calls[0]![3]);
});
