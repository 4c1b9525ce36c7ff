/** Plots as numbers: where ticks are, and where values lie in a box. Nothing here draws. */

export interface Series {
  name: string;
  /** As many as there are places on the horizontal axis; null: unknown there. */
  values: (number | null)[];
}

/** A box in pixels, without what is written around it. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const STEPS = [1, 2, 2.5, 5, 10];

/** Return round numbers that enclose a range, about `wanted` of them, rising. */
export function ticksOf(low: number, high: number, wanted = 4): number[] {
  const span = high > low ? high - low : Math.abs(low) || 1;
  const [from, to] = high > low ? [low, high] : [low - span / 2, low + span / 2];
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * STEPS.find((one) => one * power >= rough * 0.999)!;
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/** Return round numbers within a range, and no more than `most`: what is written at an axis that ends where values do. */
export function marksOf(low: number, high: number, most: number): number[] {
  return ticksOf(low, high, most).filter((tick) => tick >= low && tick <= high);
}

/** Return the digits after the point that tell ticks apart. */
export function digitsOf(ticks: number[]): number {
  return Math.max(0, ...ticks.map((tick) => (String(tick).split(".")[1] ?? "").length));
}

/** Return the lowest and highest known value of all series; 0 and 1 where none is known. */
export function rangeOf(series: Series[]): [number, number] {
  const known = series.flatMap(({ values }) => values.filter((value) => value !== null));
  return known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
}

/** Return where a value lies between two ends, from 0 to 1; in the middle where both are the same. */
export function shareOf(value: number, low: number, high: number): number {
  return high > low ? (value - low) / (high - low) : 0.5;
}

/** Return the path of a series, broken where it is unknown. */
export function lineOf(
  values: (number | null)[],
  xs: number[],
  [low, high]: [number, number],
  box: Box,
): string {
  const [first, last] = [xs[0] ?? 0, xs.at(-1) ?? 1];
  let drawn = false;
  return values
    .map((value, index) => {
      if (value === null) {
        drawn = false;
        return "";
      }
      const x = box.left + box.width * shareOf(xs[index]!, first, last);
      const y = box.top + box.height * (1 - shareOf(value, low, high));
      const part = `${drawn ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
      drawn = true;
      return part;
    })
    .join("");
}
