import { expect, test } from "vitest";

import { hrefOf, pageOf, parseRoute } from "./route";

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
  expect(hrefOf.radio(job, -1.5)).toBe(hrefOf.radio(job, 0));
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

test("pages are told apart by what they show, not by where a radio begins", () => {
  const [one, other] = ["a".repeat(64), "b".repeat(64)];
  const page = (href: string) => pageOf(parseRoute(href));
  expect(page(hrefOf.radio(one, 1))).toBe(page(hrefOf.radio(one, 2)));
  expect(page(hrefOf.songs)).toBe(page(""));
  const pages = [hrefOf.radio(one, 1), hrefOf.radio(other, 1), hrefOf.radios, hrefOf.mix(one)];
  const compared = [hrefOf.compare(one, other), hrefOf.compare(other, one), hrefOf.song(one), hrefOf.songs];
  expect(new Set([...pages, ...compared].map(page)).size).toBe(8);
});
