import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Problem, Song } from "../api/client";
import { Library } from "./library.svelte";

const songOf = (id: string, state: Song["state"], minute = 0, problem: Problem | null = null) =>
  ({ id, state, uploaded_at: `2026-11-22T09:0${minute}:00Z`, problem, duration_s: 60 }) as Song;

const songs = vi.fn<() => Promise<Song[]>>();
const removeSong = vi.fn(() => Promise.resolve(undefined as never));
let library: Library;

beforeEach(() => {
  vi.useFakeTimers();
  songs.mockReset();
  library = new Library({ songs, removeSong });
});
afterEach(() => vi.useRealTimers());

test("songs are in the order in which they came", async () => {
  songs.mockResolvedValue([songOf("a", "ready", 2), songOf("b", "ready", 1)]);
  await library.load();
  expect(library.songs.map((song) => song.id)).toEqual(["b", "a"]);
});

test("as long as one is being decoded they are looked at again", async () => {
  songs.mockResolvedValueOnce([songOf("a", "received")]);
  songs.mockRejectedValueOnce(new Error("away"));
  songs.mockResolvedValue([songOf("a", "ready")]);
  await library.load();
  expect(library.pending).toBe(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(library.songs[0]?.state).toBe("ready");
  expect(songs).toHaveBeenCalledTimes(3);
});

test("the longer a look takes, the rarer it is", async () => {
  songs.mockImplementation(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return [songOf("a", "received")];
  });
  void library.load();
  await vi.advanceTimersByTimeAsync(10_900);
  expect(songs).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(200);
  expect(songs).toHaveBeenCalledTimes(2);
});

test("a read under way undoes neither what was put nor what was removed meanwhile", async () => {
  songs.mockResolvedValue([songOf("a", "ready"), songOf("b", "received", 1)]);
  await library.load();
  let answer!: (found: Song[]) => void;
  songs.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  const read = library.load();
  await library.remove("a");
  library.put(songOf("c", "received", 2));
  answer([songOf("a", "ready"), songOf("b", "ready", 1)]);
  await read;
  expect(library.songs.map((song) => [song.id, song.state])).toEqual([
    ["b", "ready"],
    ["c", "received"],
  ]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(library.songs.map((song) => song.id)).toEqual(["a", "b"]);
});

test("once the page was left nothing is looked at, though a request was under way and songs arrive", async () => {
  songs.mockResolvedValue([songOf("a", "received")]);
  const read = library.load();
  library.stop();
  await read;
  library.put(songOf("b", "received"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(songs).toHaveBeenCalledOnce();
  expect(library.songs.map((song) => song.id)).toEqual(["a", "b"]);
});

test("the next page looks again, with one timer, whatever the one before left under way", async () => {
  songs.mockResolvedValue([songOf("a", "received")]);
  const before = library.load();
  library.stop();
  await Promise.all([library.load(), before]);
  expect([songs.mock.calls.length, vi.getTimerCount()]).toEqual([2, 1]);
  songs.mockResolvedValue([songOf("a", "ready")]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([songs.mock.calls.length, library.pending]).toEqual([3, 0]);
});

test("one whose decoding failed is not waited for", async () => {
  songs.mockResolvedValue([songOf("a", "received", 0, { title: "Gave up" } as Problem)]);
  await library.load();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(songs).toHaveBeenCalledOnce();
});

test("a mix is made of what is ready and was not left out", async () => {
  songs.mockResolvedValue([songOf("a", "ready"), songOf("b", "ready"), songOf("c", "rejected")]);
  await library.load();
  library.toggle("a");
  expect(library.chosen.map((song) => song.id)).toEqual(["b"]);
  library.toggle("a");
  expect(library.chosen.map((song) => song.id)).toEqual(["a", "b"]);
});

test("a song that arrives takes the place of what was known of it", () => {
  library.put(songOf("a", "received"));
  library.put(songOf("a", "ready"));
  expect(library.songs.map((song) => song.state)).toEqual(["ready"]);
});

test("a removed song is gone; one that is in use stays", async () => {
  songs.mockResolvedValue([songOf("a", "ready"), songOf("b", "ready")]);
  await library.load();
  await library.remove("a");
  removeSong.mockRejectedValueOnce(new Error("in use"));
  await expect(library.remove("b")).rejects.toThrow("in use");
  expect(library.songs.map((song) => song.id)).toEqual(["b"]);
});
