import { expect, test } from "vitest";

import type { Epoch } from "../api/pages";
import { curvesOf } from "./curves";

const epochOf = (loss: number, stopping: number | null) =>
  ({ loss, val_loss: 2 * loss, stopping_loss: stopping, accuracy: null, val_accuracy: null }) as Epoch;

test("a fit has the curves that it measured, and gaps where it did not", () => {
  expect(curvesOf([epochOf(2, null), epochOf(1, 1.5)], "loss")).toEqual([
    { name: "loss", values: [2, 1] },
    { name: "val_loss", values: [4, 2] },
    { name: "stopping_loss", values: [null, 1.5] },
  ]);
});

test("what forecasts numbers has no accuracy, and what is solved at once no curve", () => {
  expect(curvesOf([epochOf(2, null)], "accuracy")).toEqual([]);
  expect(curvesOf([], "loss")).toEqual([]);
});
