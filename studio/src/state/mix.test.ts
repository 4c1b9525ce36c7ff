import { expect, test } from "vitest";

import type { MixReport } from "../api/client";
import { chunkAt, chunksOf, lanesOf, nextSeam, previousSeam, seamsOf, titlesOf } from "./mix";
import { stopsOf } from "./paint";

const LENGTH_S = 10;

/** A mix of chunks of ten seconds; a chunk in upper case plays on from the one before. */
function reportOf(songs: string): MixReport {
  const sequence = [...songs].map((letter, position) => ({
    position,
    song: letter.toLowerCase(),
    title: `Song ${letter.toLowerCase()}`,
    source_start_s: 5,
    mix_start_s: LENGTH_S * position,
    mix_end_s: LENGTH_S * (position + 1),
    score: position === 0 ? null : 0.5,
    seam: position === 0 ? null : { manner: letter === letter.toLowerCase() ? "blend" : "continues" },
  }));
  return { sequence, worst_seams: [1] } as unknown as MixReport;
}

test("songs have colours in the order in which they come", () => {
  expect(chunksOf(reportOf("abAcb")).map((chunk) => chunk.colour)).toEqual([1, 2, 1, 3, 2]);
  expect(chunksOf(reportOf("abcdefghi")).at(-1)?.colour).toBe(1);
});

test("songs that the mix leaves out have titles too, and those in it the ones that it tells", () => {
  const library = [
    { id: "a", title: "Renamed since" },
    { id: "z", title: "Song z" },
  ];
  const titles = titlesOf(chunksOf(reportOf("ab")), library);
  expect(Object.fromEntries(titles)).toEqual({ a: "Song a", b: "Song b", z: "Song z" });
});

test("the chunk that plays is found at any time, its borders and ends included", () => {
  const chunks = chunksOf(reportOf("abc"));
  const found = [-1, 0, 9.99, 10, 25, 30, 99].map((timeS) => chunkAt(chunks, timeS)?.position);
  expect(found).toEqual([0, 0, 0, 1, 2, 2, 2]);
  expect(chunkAt([], 3)).toBeUndefined();
});

test("a seam tells what it joins, whether the song plays on, and whether it is among the worst", () => {
  const report = reportOf("abBa");
  const seams = seamsOf(report, chunksOf(report));
  expect(
    seams.map(({ from, to, atS, continues, worst }) => [from.song, to.song, atS, continues, worst]),
  ).toEqual([
    ["a", "b", 10, false, true],
    ["b", "b", 20, true, false],
    ["b", "a", 30, false, false],
  ]);
});

test("chunks of a song in a row are one run of its lane", () => {
  const lanes = lanesOf(chunksOf(reportOf("aAba")));
  expect(
    lanes.map(({ song, runs, totalS }) => [song, runs.map((run) => [run.startS, run.endS]), totalS]),
  ).toEqual([
    [
      "a",
      [
        [0, 20],
        [30, 40],
      ],
      30,
    ],
    ["b", [[20, 30]], 10],
  ]);
});

test("going on visits every seam once, and so does going back", () => {
  const report = reportOf("abc");
  const seams = seamsOf(report, chunksOf(report));
  const first = nextSeam(seams, 0)!;
  expect(first.atS).toBe(10);
  expect(nextSeam(seams, 7)?.atS).toBe(20); // 7 s is where one begins to listen to the first.
  expect(nextSeam(seams, 17)).toBeUndefined();
  expect(previousSeam(seams, 17)?.atS).toBe(10);
  expect(previousSeam(seams, 19)?.atS).toBe(20); // Heard half: again.
  expect(previousSeam(seams, 7.5)).toBeUndefined();
});

test("each chunk is painted in one colour from end to end", () => {
  const stops = stopsOf(chunksOf(reportOf("ab")), 20, (colour) => `#${colour}`);
  expect(stops).toEqual([
    { at: 0, colour: "#1" },
    { at: 0.5, colour: "#1" },
    { at: 0.5, colour: "#2" },
    { at: 1, colour: "#2" },
  ]);
});
