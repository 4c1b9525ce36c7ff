import { expect, test } from "vitest";

import type { Peaks } from "../api/client";
import { pathOf } from "./outline";

const halves = (path: string) =>
  [...path.matchAll(/M[\d.]+ ([\d.]+)V([\d.]+)/g)].map(([, top, bottom]) =>
    Number(((Number(bottom) - Number(top)) / 2).toFixed(3)),
  );

test("the loudest stretch fills the box, half as loud is half as high, and silence is still seen", () => {
  const peaks: Peaks = [
    [-0.5, 0.2],
    [-0.1, 0.25],
    [0, 0],
  ];
  expect(halves(pathOf(peaks, 3))).toEqual([14, 7, 0.6]);
});

test("of several stretches in a bar the loudest counts, and few stretches make as many bars", () => {
  const peaks: Peaks = [
    [-0.1, 0.1],
    [-0.4, 0.1],
  ];
  expect(halves(pathOf(peaks, 1))).toEqual([14]);
  expect(halves(pathOf(peaks, 4))).toEqual([3.5, 3.5, 14, 14]);
});
