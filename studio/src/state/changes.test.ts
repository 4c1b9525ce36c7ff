import { expect, test } from "vitest";

import type { Edit } from "../api/mixing";
import { de } from "../i18n/de";
import { en } from "../i18n/en";
import { Changes, changesOf, wordsOf } from "./changes.svelte";

const SONG = "a".repeat(64);

test("a change takes the place of another of the same thing, and of nothing else", () => {
  const changes = new Changes();
  changes.put({ edit: "swap", position: 3 });
  changes.put({ edit: "swap", position: 4 });
  changes.put({ edit: "swap", position: 3, by: { song: SONG, chunk: 2 } });
  changes.put({ edit: "seam", position: 3, manner: "cut" });
  changes.put({ edit: "pin", first: 1, last: 1 });
  changes.put({ edit: "unpin", first: 1, last: 1 });
  changes.put({ edit: "ban", song: SONG });
  changes.put({ edit: "ban", song: SONG, chunk: 0 });
  expect(changes.count).toBe(6);
  expect(changes.find({ edit: "swap", position: 3 })).toMatchObject({ by: { chunk: 2 } });
  changes.drop({ edit: "ban", song: SONG });
  expect(changes.list.filter(({ edit }) => edit === "ban")).toEqual([{ edit: "ban", song: SONG, chunk: 0 }]);
  changes.clear();
  expect(changes.list).toEqual([]);
});

test("what was gathered of a mix stays until it is cleared, and is of no other mix", () => {
  changesOf("one").put({ edit: "swap", position: 3 });
  expect(changesOf("one").list).toEqual([{ edit: "swap", position: 3 }]);
  expect(changesOf("other").count).toBe(0);
  changesOf("one").clear();
  expect(changesOf("one").count).toBe(0);
});

test("what frees is made first, what holds last, and a seam once its chunks stand there", () => {
  const changes = new Changes();
  changes.put({ edit: "pin", first: 0, last: 0 });
  changes.put({ edit: "seam", position: 2, nudge_ms: 20 });
  changes.put({ edit: "swap", position: 2 });
  changes.put({ edit: "ban", song: SONG });
  changes.put({ edit: "unpin", first: 2, last: 2 });
  expect(changes.list.map(({ edit }) => edit)).toEqual(["unpin", "ban", "swap", "seam", "pin"]);
});

test.each([
  [{ edit: "swap", position: 3 }, "Chunk 4: the next best"],
  [{ edit: "swap", position: 3, by: { song: SONG, chunk: 2 } }, "Chunk 4: chunk 3 of Night Drive"],
  [{ edit: "ban", song: SONG }, "Ban Night Drive"],
  [{ edit: "ban", song: SONG, chunk: 0 }, "Ban chunk 1 of Night Drive"],
  [{ edit: "pin", first: 0, last: 8 }, "Pin chunks 1 to 9"],
  [{ edit: "unpin", first: 2, last: 2 }, "Unpin chunk 3"],
  [{ edit: "seam", position: 5, manner: "cut", nudge_ms: -20 }, "Seam before chunk 6: a hard cut, -20 ms"],
  [{ edit: "seam", position: 5, nudge_beats: 1 }, "Seam before chunk 6: +1.00 beats"],
  [{ edit: "remove", position: 5 }, "Edit: remove"],
] as [Edit, string][])("an edit is told in words, with places counted from 1: %j", (edit, words) => {
  expect(wordsOf(edit, en, () => "Night Drive", "en")).toBe(words);
  expect(wordsOf(edit, de, () => "Night Drive", "de")).not.toBe("");
});
