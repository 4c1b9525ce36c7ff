import { expect, test } from "vitest";

import { digitsOf, lineOf, marksOf, rangeOf, shareOf, ticksOf } from "./plots";

test("ticks are round, rise, and enclose what there is", () => {
  expect(ticksOf(0, 1)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(ticksOf(1.13, 2.41)).toEqual([1, 1.5, 2, 2.5]);
  expect(ticksOf(-3, 42)).toEqual([-20, 0, 20, 40, 60]);
  expect(ticksOf(0.51, 0.53)).toEqual([0.51, 0.515, 0.52, 0.525, 0.53]);
});

test("a range of one value has room around it", () => {
  for (const value of [0, 3, -2]) {
    const ticks = ticksOf(value, value);
    expect(ticks.length).toBeGreaterThan(1);
    expect([ticks[0]! < value, ticks.at(-1)! > value]).toEqual([true, true]);
  }
});

test("marks stay within the axis", () => {
  expect(marksOf(1, 40, 5)).toEqual([10, 20, 30, 40]);
  expect(marksOf(1, 6, 5)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("as many digits are written as tell ticks apart", () => {
  expect([digitsOf([0, 0.25, 0.5]), digitsOf([0, 20]), digitsOf([1, 1.5])]).toEqual([2, 0, 1]);
});

test("the range is that of all that is known", () => {
  const series = [
    { name: "a", values: [2, null, 5] },
    { name: "b", values: [null, -1, null] },
  ];
  expect(rangeOf(series)).toEqual([-1, 5]);
  expect(rangeOf([])).toEqual([0, 1]);
  expect(shareOf(3, 3, 3)).toBe(0.5);
});

test("a line goes from left to right, higher values higher, and breaks where nothing is known", () => {
  const box = { left: 10, top: 0, width: 100, height: 50 };
  expect(lineOf([0, 1, null, 0.5], [1, 2, 3, 5], [0, 1], box)).toBe("M10.0 50.0L35.0 0.0M110.0 25.0");
});
