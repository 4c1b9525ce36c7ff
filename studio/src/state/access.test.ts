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
