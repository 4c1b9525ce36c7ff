import { expect, test, vi } from "vitest";

import { createApi, type Problem } from "../api/client";
import { Offline, ProblemError, problemOf } from "../api/problems";
import { Access } from "./access.svelte";

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

test("it is told whether something to be shown was refused, or a change alone", async () => {
  const access = new Access();
  const fetcher = async () => new Response("{}", { status: 401 });
  const api = createApi(access, fetcher as unknown as typeof fetch, "http://127.0.0.1");
  await expect(api.removeSong("a")).rejects.toThrow(ProblemError);
  expect([access.asked?.status, access.unread]).toEqual([401, false]);
  await expect(api.songs()).rejects.toThrow(ProblemError);
  expect(access.unread).toBe(true);
});

test("a stream is only tried, and its session is begun anew where a key is known", async () => {
  const access = new Access();
  const asked: string[] = [];
  let stream: Request | undefined;
  const fetcher = async (given: Request) => {
    asked.push(`${given.method} ${new URL(given.url).pathname}`);
    if (given.method === "GET") stream = given;
    return new Response(given.method === "GET" ? new ReadableStream() : "{}");
  };
  const api = createApi(access, fetcher as unknown as typeof fetch, "http://127.0.0.1");
  await api.tryStream("p", 0);
  expect([asked, stream?.signal.aborted]).toEqual([["GET /v1/radio/p.mp3"], true]);
  access.key = "segue_good";
  await api.tryStream("p", 0);
  expect(asked.slice(1)).toEqual(["POST /v1/session", "GET /v1/radio/p.mp3"]);
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
