/** What one may wish of a mix, and the request that it becomes. What is not wished for is left to the API. */

import type { MixRequest, Song } from "../api/client";

export type Judge = { by: "shipped" } | { by: "model"; id: string } | { by: "approach"; name: string };

export interface Wishes {
  /** Minutes; null: as the songs suggest. */
  minutes: number | null;
  judge: Judge;
  energy: "any" | "rise" | "fall" | "arc";
  cut: "silence" | "beats" | "equal";
  seams: "blend" | "plain";
  /** Null: the best mix that is found; a number: chunks are drawn, and each number gives another mix. */
  seed: number | null;
}

export const DEFAULTS: Wishes = {
  minutes: null,
  judge: { by: "shipped" },
  energy: "any",
  cut: "silence",
  seams: "blend",
  seed: null,
};

const LONGEST_S = 180;
const SHORTEST_S = 20;

/** Return a length that songs can fill without playing themselves again: half of them, three minutes at most. */
export function suggestedS(songs: Pick<Song, "duration_s">[]): number {
  const totalS = songs.reduce((sum, song) => sum + (song.duration_s ?? 0), 0);
  return Math.min(LONGEST_S, Math.max(SHORTEST_S, Math.round(totalS / 20) * 10));
}

export function mixRequest(songs: Pick<Song, "id" | "duration_s">[], wishes: Wishes): MixRequest {
  const { judge } = wishes;
  return {
    songs: songs.map((song) => song.id),
    duration_s: wishes.minutes === null ? suggestedS(songs) : Math.round(wishes.minutes * 60),
    ...(judge.by === "model" ? { model: judge.id } : {}),
    ...(judge.by === "approach" ? { training: { approach: judge.name } } : {}),
    ...(wishes.energy === "any" ? {} : { energy: wishes.energy }),
    ...(wishes.cut === "silence" ? {} : { cut: { method: wishes.cut } }),
    ...(wishes.seams === "blend" ? {} : { output: { seams: wishes.seams } }),
    ...(wishes.seed === null ? {} : { method: "sample" as const, seed: wishes.seed }),
  };
}
