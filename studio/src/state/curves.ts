/** The history of a fit as curves: of the songs learned from, of their other channel, of what was kept back. */

import type { Epoch } from "../api/pages";
import type { Series } from "./plots";

export type Measure = "loss" | "accuracy";

/** Return the curves of a measure that a fit has, by the names that its history gives them. */
export function curvesOf(history: Epoch[], measure: Measure): Series[] {
  const names = [measure, `val_${measure}`, `stopping_${measure}`] as const;
  return names
    .map((name) => ({ name, values: history.map((epoch) => epoch[name] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null));
}
