import { expect, test } from "vitest";

import { hrefOf, parseRoute } from "./route";

test("what is shown is in the address, and nothing else is taken for it", () => {
  const job = "0b5d1c4e8f6a4b7c9d2e3f4a5b6c7d8e";
  expect(parseRoute(hrefOf.job(job))).toEqual({ view: "job", id: job });
  expect(parseRoute(hrefOf.mix(job + job))).toEqual({ view: "mix", id: job + job });
  expect(parseRoute(hrefOf.compare(job + job, "f".repeat(64)))).toEqual({
    view: "compare",
    ids: [job + job, "f".repeat(64)],
  });
  expect(parseRoute(hrefOf.song(job + job))).toEqual({ view: "song", id: job + job });
  expect(parseRoute(hrefOf.model(job + job))).toEqual({ view: "model", id: job + job });
  expect(parseRoute(hrefOf.radio(job + job, 7))).toEqual({ view: "radio", id: job + job, seed: 7 });
  const lists = [hrefOf.songs, hrefOf.radios, hrefOf.models, hrefOf.queue];
  expect(lists.map((href) => parseRoute(href).view)).toEqual(["songs", "radios", "models", "queue"]);
  for (const other of [
    "",
    "#/",
    "#/jobs/",
    "#/jobs/../mixes",
    `#/radio/${job}`,
    `#/jobs/${job}/x`,
    `#/compare/${job}`,
  ]) {
    expect(parseRoute(other)).toEqual({ view: "songs" });
  }
});
