import { expect, test } from "vitest";

import { filesOf, fromFolder } from "./files";

test("of folders what looks like sound is taken, of single files everything", async () => {
  const folder = ["a.mp3", "cover.jpg", ".b.mp3", "C.FLAC"].map((name) => new File([], name));
  expect(fromFolder(folder)).toEqual({ files: [folder[0], folder[3]], skipped: 2 });
  const fileEntry = (file: File) => ({
    isFile: true,
    isDirectory: false,
    name: file.name,
    file: (yes: (f: File) => void) => yes(file),
  });
  const batches = [folder.slice(0, 2).map(fileEntry), folder.slice(2).map(fileEntry), []];
  const folderEntry = {
    isFile: false,
    isDirectory: true,
    createReader: () => ({ readEntries: (yes: (entries: unknown) => void) => yes(batches.shift()) }),
  };
  const text = new File([], "notes.txt");
  const items = [folderEntry, fileEntry(text)].map((entry) => ({ webkitGetAsEntry: () => entry }));
  const gathered = await filesOf({ items, files: [] } as unknown as DataTransfer);
  expect(gathered.files.map((file) => file.name)).toEqual(["a.mp3", "C.FLAC", "notes.txt"]);
  expect(gathered.skipped).toBe(2);
});

test("what cannot be read is left out and counted, and keeps nothing else away", async () => {
  const unreadable = { isDirectory: false, name: "b.mp3", file: (_: unknown, no: () => void) => no() };
  const closed = {
    isDirectory: true,
    createReader: () => ({ readEntries: (_: unknown, no: () => void) => no() }),
  };
  const file = new File([], "a.mp3");
  const whole = { isDirectory: false, name: "a.mp3", file: (yes: (f: File) => void) => yes(file) };
  const items = [unreadable, closed, whole].map((entry) => ({ webkitGetAsEntry: () => entry }));
  expect(await filesOf({ items, files: [] } as unknown as DataTransfer)).toEqual({
    files: [file],
    skipped: 2,
  });
});
