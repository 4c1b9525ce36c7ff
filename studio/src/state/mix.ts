/** A mix as its report tells it: chunks, seams and lanes of songs over time. All times are in seconds. */

import type { Entry, MixReport, SeamEntry, Song } from "../api/client";

/** So long before a seam one begins to listen to it. */
export const LEAD_S = 3;
export const COLOURS = 8;

export interface Chunk {
  position: number;
  song: string;
  title: string;
  /** Its number in the song's cut, from 0. */
  chunk: number;
  /** Whether changes leave it as it is. */
  pinned: boolean;
  startS: number;
  endS: number;
  /** Where in its song it begins. */
  sourceStartS: number;
  /** From 1 to `COLOURS`, by the order in which songs come. */
  colour: number;
}

export interface Seam {
  position: number;
  atS: number;
  score: number;
  from: Chunk;
  to: Chunk;
  told: SeamEntry;
  /** Whether the song plays on there. */
  continues: boolean;
  /** Whether the report names it among the worst. */
  worst: boolean;
}

export interface Lane {
  song: string;
  title: string;
  colour: number;
  /** Stretches in which it plays on without another between. */
  runs: { startS: number; endS: number }[];
  totalS: number;
}

/** Titles by song, also of songs that the mix has no chunk of: a version, or a change, may name them. */
export function titlesOf(chunks: Chunk[], library: Pick<Song, "id" | "title">[]): Map<string, string> {
  const elsewhere = library.map((song) => [song.id, song.title] as const);
  return new Map([...elsewhere, ...chunks.map((chunk) => [chunk.song, chunk.title] as const)]);
}

export function chunksOf(report: Pick<MixReport, "sequence">): Chunk[] {
  const order = [...new Set(report.sequence.map((entry) => entry.song))];
  const colour = new Map(order.map((song, index) => [song, 1 + (index % COLOURS)]));
  return report.sequence.map((entry: Entry) => ({
    position: entry.position,
    song: entry.song,
    title: entry.title,
    chunk: entry.chunk,
    pinned: entry.pinned,
    startS: entry.mix_start_s,
    endS: entry.mix_end_s,
    sourceStartS: entry.source_start_s,
    colour: colour.get(entry.song)!,
  }));
}

export function seamsOf(report: Pick<MixReport, "sequence" | "worst_seams">, chunks: Chunk[]): Seam[] {
  return report.sequence.flatMap((entry, index) => {
    const from = chunks[index - 1];
    if (from === undefined || !entry.seam) return [];
    return {
      position: entry.position,
      atS: entry.mix_start_s,
      score: entry.score ?? 0,
      from,
      to: chunks[index]!,
      told: entry.seam,
      continues: entry.seam.manner === "continues",
      worst: report.worst_seams.includes(entry.position),
    };
  });
}

export function lanesOf(chunks: Chunk[]): Lane[] {
  const lanes = new Map<string, Lane>();
  chunks.forEach((chunk, index) => {
    const lane: Lane = lanes.get(chunk.song) ?? { ...chunk, runs: [], totalS: 0 };
    lanes.set(chunk.song, lane);
    const last = lane.runs.at(-1);
    if (last && chunks[index - 1]?.song === chunk.song) last.endS = chunk.endS;
    else lane.runs.push({ startS: chunk.startS, endS: chunk.endS });
    lane.totalS += chunk.endS - chunk.startS;
  });
  return [...lanes.values()];
}

/** Return the chunk that plays at a time; the last one at the end. */
export function chunkAt(chunks: Chunk[], timeS: number): Chunk | undefined {
  let low = 0;
  let high = chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (chunks[middle]!.startS <= timeS) low = middle;
    else high = middle - 1;
  }
  return chunks[low];
}

/** Where one begins to listen to a seam. */
export function leadIn(seam: Seam): number {
  return Math.max(0, seam.atS - LEAD_S);
}

/** Return the seam to go to next: the first whose lead-in is still to come. */
export function nextSeam(seams: Seam[], timeS: number): Seam | undefined {
  return seams.find((seam) => leadIn(seam) > timeS + 0.25);
}

/** Return the seam to go back to: within a second of a lead-in, that is the one before. */
export function previousSeam(seams: Seam[], timeS: number): Seam | undefined {
  return seams.findLast((seam) => leadIn(seam) < timeS - 1);
}
