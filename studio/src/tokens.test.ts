/** Songs are told apart by colour: in either light, by every kind of eye, and from what lies behind them. */

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { COLOURS } from "./state/mix";

type Rgb = [number, number, number];

const STYLES = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const [LIGHT, DARK] = STYLES.split("@media (prefers-color-scheme: dark)") as [string, string];

/** What Machado and others (2009) measured of eyes that lack a cone, for linear light. */
const EYES: Record<string, Rgb[]> = {
  "all cones": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function token(styles: string, name: string): Rgb {
  const hex = new RegExp(`--${name}: #([0-9a-f]{6});`).exec(styles)![1]!;
  const linear = (at: number) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [linear(0), linear(2), linear(4)];
}

function times(matrix: Rgb[], [r, g, b]: Rgb): Rgb {
  return matrix.map((row) => row[0] * r + row[1] * g + row[2] * b) as Rgb;
}

/** Return a colour where distances are what eyes see (OKLab). */
function perceived(linear: Rgb): Rgb {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    linear.map((value) => Math.min(1, Math.max(0, value))) as Rgb,
  ).map(Math.cbrt) as Rgb;
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

function contrast(a: Rgb, b: Rgb): number {
  const light = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  return Math.max(light(a), light(b)) / Math.min(light(a), light(b));
}

const SONGS = Array.from({ length: COLOURS }, (_, index) => `song-${index + 1}`);

for (const [light, styles] of Object.entries({ light: LIGHT, dark: DARK })) {
  for (const [eyes, matrix] of Object.entries(EYES)) {
    test(`no two songs look alike in the ${light}, with ${eyes}`, () => {
      const seen = SONGS.map((name) => perceived(times(matrix, token(styles, name))));
      const distances = seen.flatMap((a, i) =>
        seen.slice(i + 1).map((b, j) => ({
          pair: `${i + 1} and ${i + j + 2}`,
          distance: Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]),
        })),
      );
      // Three times what is just noticed side by side (0.02 in OKLab).
      expect(distances.filter(({ distance }) => distance < 0.06)).toEqual([]);
    });
  }

  test(`songs stand out from the panel in the ${light}, and text from what it is on`, () => {
    const panel = token(styles, "panel");
    for (const name of SONGS) expect.soft(contrast(token(styles, name), panel), name).toBeGreaterThan(2.7);
    for (const [text, ground] of [
      ["ink", "paper"],
      ["ink-soft", "panel"],
      ["ink-soft", "sunken"],
      ["on-accent", "accent"],
      ["bad", "bad-panel"],
      ["bad", "panel"],
    ] as const) {
      expect.soft(contrast(token(styles, text), token(styles, ground)), text).toBeGreaterThan(4.5);
    }
  });
}
