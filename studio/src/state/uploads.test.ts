import { expect, test, vi } from "vitest";

import type { Problem, Song } from "../api/client";
import { Offline, ProblemError } from "../api/problems";
import type { Send, Sent } from "../api/sending";
import { Uploads } from "./uploads.svelte";

const fileOf = (name: string) => new File(["sound"], name);
const songOf = (id: string) => ({ id }) as Song;
const settled = () => new Promise((resolve) => setTimeout(resolve));

interface End {
  resolve: (sent: Sent) => void;
  reject: (reason: unknown) => void;
}

/** A sender whose uploads end when the test says so. */
function controlled() {
  const open: { file: File; progress: (bytes: number) => void; end: End }[] = [];
  const send = (file: File, progress: (bytes: number) => void) => {
    let resolve!: (sent: Sent) => void;
    let reject!: (reason: unknown) => void;
    const promise = new Promise<Sent>((yes, no) => ([resolve, reject] = [yes, no]));
    open.push({ file, progress, end: { resolve, reject } });
    return promise;
  };
  return { open, send };
}

test("a few are sent at a time, and the next one as soon as one has ended", async () => {
  const { open, send } = controlled();
  const uploads = new Uploads(send, () => {}, 2);
  uploads.take({ files: ["a", "b", "c"].map(fileOf), skipped: 0 });
  expect(uploads.items.map((one) => one.state)).toEqual(["sending", "sending", "waiting"]);
  open[0]!.end.resolve({ song: songOf("a"), isNew: true });
  await settled();
  expect(open.map((one) => one.file.name)).toEqual(["a", "b", "c"]);
  expect(uploads.busy).toBe(true);
});

test("what arrived is handed on and no longer shown; what was known is told", async () => {
  const arrived = vi.fn();
  const sent = (file: File) => Promise.resolve({ song: songOf(file.name), isNew: file.name === "new" });
  const uploads = new Uploads(sent, arrived);
  uploads.take({ files: [fileOf("new"), fileOf("old")], skipped: 4 });
  await settled();
  expect(arrived.mock.calls.map(([song]) => (song as Song).id)).toEqual(["new", "old"]);
  expect(uploads.shown.map((one) => [one.file.name, one.state])).toEqual([["old", "known"]]);
  expect(uploads.skipped).toBe(4);
});

test("progress is a share of the file", () => {
  const { open, send } = controlled();
  const uploads = new Uploads(send, () => {});
  uploads.take({ files: [fileOf("a")], skipped: 0 });
  open[0]!.progress(2);
  expect(uploads.items[0]!.share).toBeCloseTo(0.4);
});

test("a refusal is kept with its reason, and sent again when asked to", async () => {
  const problem = { title: "Too large", detail: "Cut it." } as Problem;
  const send = vi.fn();
  send.mockRejectedValueOnce(new ProblemError(problem));
  send.mockRejectedValueOnce(new Offline());
  send.mockResolvedValue({ song: songOf("a"), isNew: true });
  const uploads = new Uploads(send, () => {});
  uploads.take({ files: [fileOf("a"), fileOf("b")], skipped: 0 });
  await settled();
  expect(uploads.items.map((one) => [one.state, one.problem])).toEqual([
    ["failed", problem],
    ["failed", null],
  ]);
  uploads.retryFailed();
  await settled();
  expect(uploads.items.map((one) => one.state)).toEqual(["done", "done"]);
});

test("what has ended is cleared off the list at once, and what is under way stays", async () => {
  const { open, send } = controlled();
  const uploads = new Uploads(send, () => {}, 4);
  uploads.take({ files: ["known", "failed", "done", "sending", "waiting"].map(fileOf), skipped: 0 });
  open[0]!.end.resolve({ song: songOf("known"), isNew: false });
  open[1]!.end.reject(new Offline());
  open[2]!.end.resolve({ song: songOf("done"), isNew: true });
  await settled();
  expect([uploads.failed.length, uploads.ended.length]).toEqual([1, 2]);
  uploads.clearEnded();
  expect(uploads.shown.map((one) => one.file.name)).toEqual(["sending", "waiting"]);
});

test("why one waits is told while it does", async () => {
  let end!: (sent: Sent) => void;
  const send: Send = (_file, _progress, _signal, onPause) => {
    onPause?.("busy");
    return new Promise((resolve) => (end = resolve));
  };
  const uploads = new Uploads(send, () => {});
  uploads.take({ files: [fileOf("a")], skipped: 0 });
  expect(uploads.items[0]!.paused).toBe("busy");
  end({ song: songOf("a"), isNew: true });
  await settled();
  expect(uploads.items[0]!.paused).toBeNull();
});

test("one that is taken off the list is stopped, and does not keep others waiting", async () => {
  let stopped: AbortSignal | undefined;
  const send = vi.fn((file: File, _: unknown, signal: AbortSignal) => {
    if (file.name === "b") return Promise.resolve({ song: songOf("b"), isNew: true });
    stopped = signal;
    return new Promise<Sent>((_resolve, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason)),
    );
  });
  const uploads = new Uploads(send, () => {}, 1);
  uploads.take({ files: [fileOf("a"), fileOf("b")], skipped: 0 });
  uploads.dismiss(uploads.items[0]!);
  await settled();
  expect(stopped?.aborted).toBe(true);
  expect(uploads.items.map((one) => [one.file.name, one.state])).toEqual([["b", "done"]]);
});
