/** Colours of a waveform: each chunk in that of its song, as a gradient with hard stops. */

import type { Chunk } from "./mix";

export interface Stop {
  at: number;
  colour: string;
}

/** Return the stops of a gradient over the whole mix, from 0 to 1. */
export function stopsOf(chunks: Chunk[], durationS: number, colourOf: (colour: number) => string): Stop[] {
  return chunks.flatMap((chunk) => {
    const colour = colourOf(chunk.colour);
    return [chunk.startS, chunk.endS].map((timeS) => ({
      at: Math.min(1, Math.max(0, timeS / durationS)),
      colour,
    }));
  });
}

export function gradientOf(stops: Stop[], width: number): CanvasGradient {
  const context = document.createElement("canvas").getContext("2d")!;
  const gradient = context.createLinearGradient(0, 0, width, 0);
  for (const { at, colour } of stops) gradient.addColorStop(at, colour);
  return gradient;
}

/** Read a song's colour from the style sheet, as the system's light asks for it. */
export function tokenOf(colour: number): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--song-${colour}`).trim();
}
