import { expect, test, vi } from "vitest";

import { createApi, type Problem } from "../api/client";
import { Offline, ProblemError, problemOf } from "../api/problems";
import { Access } from "./access.svelte";
import { filesOf, fromFolder } from "./files";
import { deedOf } from "./keys";
import { Player, type Media } from "./player.svelte";
import { hrefOf, parseRoute } from "./route";
import { DEFAULTS, mixRequest, suggestedS } from "./wishes";
import { bytes, clock, drawn, signed } from "./words";

test("what is shown is in the address, and nothing else is taken for it", () => {
  const job = "0b5d1c4e8f6a4b7c9d2e3f4a5b6c7d8e";
  expect(parseRoute(hrefOf.job(job))).toEqual({ view: "job", id: job });
  expect(parseRoute(hrefOf.mix(job + job))).toEqual({ view: "mix", id: job + job });
  for (const other of ["", "#/", "#/jobs/", "#/jobs/../mixes", `#/radio/${job}`, `#/jobs/${job}/x`]) {
    expect(parseRoute(other)).toEqual({ view: "songs" });
  }
});

test("a mix is half as long as its songs, three minutes at most", () => {
  const songs = (count: number) => Array.from({ length: count }, () => ({ duration_s: 40 }));
  expect([1, 5, 40].map((count) => suggestedS(songs(count)))).toEqual([20, 100, 180]);
});

test("only what was wished for is asked for", () => {
  const songs = [{ id: "a", duration_s: 200 }];
  expect(mixRequest(songs, DEFAULTS)).toEqual({ songs: ["a"], duration_s: 100 });
  const wishes = {
    minutes: 2,
    judge: { by: "approach", name: "linear" },
    energy: "arc",
    cut: "beats",
  } as const;
  expect(mixRequest(songs, { ...wishes, seams: "plain", seed: 0 })).toEqual({
    songs: ["a"],
    duration_s: 120,
    training: { approach: "linear" },
    energy: "arc",
    cut: { method: "beats" },
    output: { seams: "plain" },
    method: "sample",
    seed: 0,
  });
  expect(mixRequest(songs, { ...DEFAULTS, judge: { by: "model", id: "m" } })).toMatchObject({ model: "m" });
});

test("times, sizes and differences read as people write them", () => {
  expect([0, 83.9, 3723].map(clock)).toEqual(["0:00", "1:23", "1:02:03"]);
  expect([900, 45_000, 3_400_000].map((size) => bytes(size, "en"))).toEqual(["0.9 kB", "45 kB", "3.4 MB"]);
  expect([0.26, -1, 0].map((value) => signed(value, 1, "en"))).toEqual(["+0.3", "-1.0", "0.0"]);
  expect(drawn()).toMatch(/^[0-9a-f]{32}$/);
  expect(drawn()).not.toBe(drawn());
});

test("keys play, unless they are meant for what has the focus", () => {
  const press = (key: string, more = {}) => ({
    key,
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    defaultPrevented: false,
    ...more,
  });
  expect(deedOf(press(" "), { tagName: "BODY" })).toBe("toggle");
  expect(deedOf(press(" "), { tagName: "BUTTON" })).toBeNull();
  expect(deedOf(press("ArrowRight"), { tagName: "BUTTON" })).toBe("on");
  expect(deedOf(press("ArrowRight", { shiftKey: true }), null)).toBe("next");
  expect(deedOf(press("n"), { tagName: "INPUT" })).toBeNull();
  expect(deedOf(press("p", { ctrlKey: true }), null)).toBeNull();
  expect(deedOf(press("ArrowLeft", { defaultPrevented: true }), null)).toBeNull();
});

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

test("the player follows its sound and keeps within the mix", () => {
  const media = Object.assign(new EventTarget(), {
    currentTime: 0,
    paused: true,
    play: vi.fn(async () => {}),
    pause: vi.fn(),
  });
  const player = new Player(60);
  const release = player.attach(media as unknown as Media);
  media.currentTime = 12;
  media.dispatchEvent(new Event("timeupdate"));
  player.skip(-30);
  expect([player.timeS, media.currentTime]).toEqual([0, 0]);
  player.seek(99);
  expect(media.currentTime).toBe(60);
  player.toggle();
  expect(media.play).toHaveBeenCalledOnce();
  release();
  expect(media.pause).toHaveBeenCalledOnce();
  media.dispatchEvent(new Event("play"));
  expect(player.playing).toBe(false);
});

test("a key goes with every request until it is refused, and is then asked for with the reason", async () => {
  const access = new Access();
  const problem = { type: "urn:segue:problem:key-refused", title: "No", status: 401, detail: "" } as Problem;
  const asked: (string | null)[] = [];
  const fetcher = vi.fn(async (given: Request | string | URL) => {
    const sent = (given as Request).headers.get("authorization");
    asked.push(sent);
    const ok = sent === "Bearer segue_good";
    return new Response(JSON.stringify(ok ? { tenant: "a", expires_at: null } : problem), {
      status: ok ? 200 : 401,
    });
  });
  const api = createApi(access, fetcher as unknown as typeof fetch, "http://127.0.0.1");
  await expect(api.songs()).rejects.toThrow(ProblemError);
  expect(access.asked).toEqual(problem);
  expect(await access.use("segue_bad", () => api.beginSession())).toBe(false);
  expect(access.key).toBeNull();
  expect(await access.use(" segue_good ", () => api.beginSession())).toBe(true);
  expect([access.asked, asked.at(-1)]).toEqual([null, "Bearer segue_good"]);
});

test("lists are read to their end, and silence is told from refusal", async () => {
  const pages = [
    { items: [{ id: "a" }], next_cursor: "a" },
    { items: [{ id: "b" }], next_cursor: null },
  ];
  const seen: string[] = [];
  const fetcher = async (given: Request) => {
    seen.push(new URL(given.url).search);
    return new Response(JSON.stringify(pages.shift()));
  };
  const api = createApi(new Access(), fetcher as unknown as typeof fetch, "http://127.0.0.1");
  expect((await api.songs()).map((song) => song.id)).toEqual(["a", "b"]);
  expect(seen).toEqual(["?limit=200", "?limit=200&cursor=a"]);
  const away = createApi(new Access(), () => Promise.reject(new TypeError("failed")), "http://127.0.0.1");
  await expect(away.songs()).rejects.toThrow(Offline);
  expect(problemOf("<html>", 502).title).toBe("HTTP 502");
});
