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
