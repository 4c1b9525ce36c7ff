import { expect, test } from "vitest";

import type { Job } from "../api/client";
import { outcomeOf } from "./outcome";

const jobOf = (goal: string, result: Job["result"] = {}, mix: string | null = null) => ({
  goal,
  mix,
  result,
});
const [A, B] = ["a".repeat(64), "b".repeat(64)];

test("a job leads to what it made", () => {
  expect(outcomeOf(jobOf("revision", { models: [B] }, A))).toBe(`#/mixes/${A}`);
  expect(outcomeOf(jobOf("model", { models: [A], songs: [B] }))).toBe(`#/models/${A}`);
  expect(outcomeOf(jobOf("report", { models: [A] }))).toBe(`#/models/${A}`);
  expect(outcomeOf(jobOf("pool", { pools: [A], models: [B] }))).toBe(`#/radio/${A}/0`);
  expect(outcomeOf(jobOf("cuts", { songs: [A], cuts: [B] }))).toBe(`#/songs/${A}`);
  expect(outcomeOf(jobOf("cuts", { songs: [A, B] }))).toBe("#/");
});

test("what has no page leads nowhere", () => {
  expect(outcomeOf(jobOf("preview", { previews: [A] }))).toBeNull();
});
