import { expect, test } from "vitest";

import { DEFAULTS, mixRequest, suggestedS } from "./wishes";

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
