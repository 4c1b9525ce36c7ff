/** The gateway's API, typed by its own description, and failures as the problem documents that it gives. */

import createClient from "openapi-fetch";

import { from, repeatable, type Asking } from "./asking";
import { mixingOf } from "./mixing";
import { pagesOf } from "./pages";
import { Offline, ProblemError, problemOf } from "./problems";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Song = Schemas["Song"];
export type Job = Schemas["Job"];
export type Stage = Schemas["Stage"];
export type Model = Schemas["Model"];
export type Approach = Schemas["Approach"];
export type MixRequest = Schemas["MixRequest"];
export type MixReport = Schemas["MixReport"];
export type Entry = Schemas["Entry"];
export type SeamEntry = Schemas["SeamEntry"];
export type Problem = Schemas["Problem"];
/** Lowest and highest sample of each stretch, 1 at full scale. */
export type Peaks = [number, number][];

/** The key that requests carry, and what is to happen when one is asked for. */
export interface Access {
  readonly key: string | null;
  /** Whether something that is to be shown was refused. */
  unread: boolean;
  refused(problem: Problem): void;
}

const LEAVE_MS = 250;

export type Api = ReturnType<typeof createApi>;
export type Mix = Awaited<ReturnType<Api["mix"]>>;

export function createApi(
  access: Access,
  fetcher: typeof fetch = (...given) => fetch(...given),
  baseUrl = location.origin,
) {
  const client = createClient<paths>({ baseUrl, fetch: fetcher });
  client.use({
    onRequest({ request }) {
      if (access.key !== null) request.headers.set("Authorization", `Bearer ${access.key}`);
      return request;
    },
    onResponse({ request, response }) {
      if (response.status === 401 && request.method === "GET") access.unread = true;
    },
  });

  /** Return what a request gives; throw ProblemError, or Offline where nothing answers. */
  async function answer<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
    const { data, error, response } = await asked.catch((cause: unknown) => {
      throw new Offline("no answer", { cause });
    });
    if (response.ok) return data as T;
    const problem = problemOf(error, response.status);
    if (response.status === 401) access.refused(problem);
    throw new ProblemError(problem);
  }

  async function everyPage<T>(
    page: (cursor?: string) => Promise<{ items: T[]; next_cursor: string | null }>,
  ) {
    const items: T[] = [];
    let cursor: string | null | undefined;
    do {
      const found = await page(cursor ?? undefined);
      items.push(...found.items);
      cursor = found.next_cursor;
    } while (cursor !== null);
    return items;
  }

  const beginSession = () => answer(client.POST("/v1/session"));
  const asking: Asking = { client, answer, everyPage };

  return {
    ...pagesOf(asking),
    songs: () =>
      everyPage<Song>((cursor) => answer(client.GET("/v1/songs", { params: { query: from(cursor) } }))),
    removeSong: (song_id: string) =>
      answer(client.DELETE("/v1/songs/{song_id}", { params: { path: { song_id } } })),
    songPeaks: (song_id: string) =>
      answer(client.GET("/v1/songs/{song_id}/peaks", { params: { path: { song_id } } })).then(peaksOf),
    mixes: () => everyPage((cursor) => answer(client.GET("/v1/mixes", { params: { query: from(cursor) } }))),
    mix: (mix_id: string) => answer(client.GET("/v1/mixes/{mix_id}", { params: { path: { mix_id } } })),
    mixReport: (mix_id: string) =>
      answer(client.GET("/v1/mixes/{mix_id}/report", { params: { path: { mix_id } } })),
    mixPeaks: (mix_id: string) =>
      answer(client.GET("/v1/mixes/{mix_id}/peaks", { params: { path: { mix_id } } })).then(peaksOf),
    makeMix: (body: MixRequest, idempotencyKey: string) =>
      answer(client.POST("/v1/mixes", { body, params: repeatable(idempotencyKey) })),
    job: (job_id: string) => answer(client.GET("/v1/jobs/{job_id}", { params: { path: { job_id } } })),
    cancelJob: (job_id: string) =>
      answer(client.DELETE("/v1/jobs/{job_id}", { params: { path: { job_id } } })),
    models: () =>
      everyPage<Model>((cursor) => answer(client.GET("/v1/models", { params: { query: from(cursor) } }))),
    approaches: () => answer(client.GET("/v1/approaches")),
    ...mixingOf(asking),
    beginSession,
    /** Reject with why there is no stream, if there is none. Its cookie may be over while the key is not. */
    tryStream: async (pool_id: string, seed: number) => {
      if (access.key !== null) await beginSession();
      const enough = new AbortController();
      const asked = { params: { path: { pool_id }, query: { seed } }, signal: enough.signal };
      await answer(client.GET("/v1/radio/{pool_id}.mp3", { ...asked, parseAs: "stream" }));
      // Its sound is for the player: here it would be sent in vain, for ever.
      enough.abort();
      // And it may hold the last place that there is, until the gateway has seen that it is gone.
      await new Promise((resolve) => setTimeout(resolve, LEAVE_MS));
    },
  };
}

function peaksOf(document: unknown): Peaks {
  return (document as { peaks: Peaks }).peaks;
}
