import { expect, test } from "vitest";

import { bytes, clock, drawn, signed, wholeWithin } from "./words";

test("times, sizes and differences read as people write them", () => {
  expect([0, 83.9, 3723].map(clock)).toEqual(["0:00", "1:23", "1:02:03"]);
  expect([900, 45_000, 3_400_000].map((size) => bytes(size, "en"))).toEqual(["0.9 kB", "45 kB", "3.4 MB"]);
  expect([0.26, -1, 0].map((value) => signed(value, 1, "en"))).toEqual(["+0.3", "-1.0", "0.0"]);
  expect(drawn()).toMatch(/^[0-9a-f]{32}$/);
  expect(drawn()).not.toBe(drawn());
});

test("what is typed into a field for a number becomes a whole one that is allowed", () => {
  const typed = [7, 1.5, -3, 1e12, Number.NaN];
  expect(typed.map((value) => wholeWithin(value, 999))).toEqual([7, 1, 0, 999, 0]);
});
