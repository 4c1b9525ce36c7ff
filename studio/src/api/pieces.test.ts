import { beforeEach, expect, test, vi } from "vitest";

import type { Problem, Song } from "./client";
import { Kept, sendInPieces, type Line, type Upload } from "./pieces";
import { Offline, ProblemError } from "./problems";

const PATH = "/v1/uploads/1";
const file = new File(["x".repeat(100)], "long.wav", { lastModified: 5 });
const problem = (status: number) => new ProblemError({ status, title: "", detail: "" } as Problem);

/** A gateway that keeps what comes until the line breaks, as often as the test says. */
class FakeLine implements Line {
  here: number | null = null;
  sent: number[] = [];
  breaks: (() => number)[] = [];
  begun = 0;

  #told(): Upload {
    if (this.here === null) throw problem(404);
    const song = this.here === file.size ? "s" : null;
    return {
      offset_bytes: this.here,
      song,
      is_new: song && true,
      links: { self: PATH },
    } as unknown as Upload;
  }

  begin = () => {
    this.begun += 1;
    this.here = 0;
    return Promise.resolve(this.#told());
  };
  look = async () => this.#told();
  end = () => Promise.resolve();
  send: Line["send"] = async (_path, _file, offset, onProgress) => {
    this.sent.push(offset);
    const come = this.breaks.shift()?.() ?? file.size - offset;
    this.here = offset + come;
    onProgress(come);
    if (this.here < file.size) throw new Offline();
  };
}

const stored = new Map<string, string>();
const storage = {
  getItem: (name: string) => stored.get(name) ?? null,
  setItem: (name: string, text: string) => void stored.set(name, text),
};
const songOf = (id: string) => Promise.resolve({ id } as Song);
const waits: number[] = [];
const wait = (ms: number) => {
  waits.push(ms);
  return Promise.resolve();
};
let line: FakeLine;
let kept: Kept;

beforeEach(() => {
  stored.clear();
  waits.length = 0;
  line = new FakeLine();
  kept = new Kept(storage);
});

const send = (signal = new AbortController().signal, paused = vi.fn(), progress = vi.fn()) =>
  sendInPieces(line, kept, songOf, wait)(file, progress, signal, paused);

test("what goes through is a song, and nothing is kept of it", async () => {
  expect(await send()).toEqual({ song: { id: "s" }, isNew: true });
  expect(line.sent).toEqual([0]);
  expect(kept.all()).toEqual({});
});

test("a line that breaks is waited for, and it goes on from where the gateway is", async () => {
  line.breaks = [() => 30, () => 0, () => 20];
  const [paused, progress] = [vi.fn(), vi.fn()];
  await send(undefined, paused, progress);
  expect(line.sent).toEqual([0, 30, 30, 50]);
  expect(paused.mock.calls).toContainEqual(["lost"]);
  expect(paused.mock.lastCall).toEqual([null]);
  expect(progress.mock.lastCall).toEqual([100]);
});

test("it waits longer the longer nothing moves", async () => {
  line.look = vi.fn<FakeLine["look"]>();
  const look = vi.spyOn(line, "look");
  for (let time = 0; time < 7; time += 1) look.mockRejectedValueOnce(new Offline());
  look.mockResolvedValue({ song: "s", is_new: false, offset_bytes: 100, links: { self: PATH } } as never);
  kept.put(Kept.nameOf(file), PATH);
  expect(await send()).toMatchObject({ isNew: false });
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
});

test("the same file goes on after a reload; another of its name begins anew", async () => {
  kept.put(Kept.nameOf(file), PATH);
  line.here = 60;
  await send();
  expect([line.begun, line.sent]).toEqual([0, [60]]);
  kept.put(Kept.nameOf({ ...file, name: file.name, size: 100, lastModified: 6 }), PATH);
  line.here = 60;
  await send();
  expect(line.begun).toBe(1);
});

test("an upload that was cleared up meanwhile is begun anew", async () => {
  kept.put(Kept.nameOf(file), PATH);
  expect(await send()).toMatchObject({ song: { id: "s" } });
  expect(line.begun).toBe(1);
});

test("a refusal ends it, and is not tried again", async () => {
  line.send = () => Promise.reject(problem(422));
  await expect(send()).rejects.toMatchObject({ problem: { status: 422 } });
  expect(waits).toEqual([]);
});

test("one that is stopped while it waits is sent no more, and nothing is left of it", async () => {
  const stopping = new AbortController();
  line.breaks = [
    () => {
      stopping.abort(new Error("stopped"));
      return 10;
    },
  ];
  const end = vi.spyOn(line, "end");
  await expect(send(stopping.signal)).rejects.toThrow("stopped");
  expect(line.sent).toEqual([0]);
  expect(end).toHaveBeenCalledWith(PATH);
  expect(kept.all()).toEqual({});
});
