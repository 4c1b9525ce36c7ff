/** The outline of a sound as bars, drawn from its peaks. */

import type { Peaks } from "../api/client";

/** Between two bars; a bar is half as wide. */
export const STEP = 4;
export const HEIGHT = 32;
const LOUDEST = 14;
const LEAST = 0.6;

/** Return the path of so many bars in a box of `bars * STEP` by `HEIGHT`; the loudest one fills it. */
export function pathOf(peaks: Peaks, bars: number): string {
  const loudest = Math.max(0.01, ...peaks.map(([low, high]) => Math.max(-low, high)));
  return Array.from({ length: bars }, (_, bar) => {
    const first = Math.floor((bar * peaks.length) / bars);
    const part = peaks.slice(first, Math.ceil(((bar + 1) * peaks.length) / bars));
    const most = Math.max(0, ...part.map(([low, high]) => Math.max(-low, high)));
    const half = Math.max(LEAST, (LOUDEST * most) / loudest);
    const middle = HEIGHT / 2;
    return `M${bar * STEP + STEP / 2} ${middle - half}V${middle + half}`;
  }).join("");
}
