/** What the pages of a song, the radio, the models and the queue ask of the gateway. */

import { from, repeatable, type Asking } from "./asking";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Cut = Schemas["Cut"];
export type CutSummary = Schemas["CutSummary"];
export type CutDetails = Schemas["CutDetails"];
export type Chunk = Schemas["Chunk"];
export type Pool = Schemas["Pool"];
export type Radio = Schemas["Radio"];
export type RadioBan = Schemas["RadioBan"];
export type PoolRequest = Schemas["PoolRequest"];
export type ModelRequest = Schemas["ModelRequest"];
export type Leaderboard = Schemas["Leaderboard"];
export type LeaderboardRow = Schemas["LeaderboardRow"];
export type Gain = Schemas["Gain"];
export type Headline = Schemas["Headline"];
export type Report = Schemas["ReportSummary"];
export type JobSummary = Schemas["JobSummary"];
export type System = Schemas["System"];

/** The figures of one epoch of a fit, as its history has them. */
export interface Epoch {
  epoch: number;
  loss: number;
  val_loss: number;
  stopping_loss: number | null;
  accuracy: number | null;
  val_accuracy: number | null;
  stopping_accuracy: number | null;
  seconds: number;
}

export function pagesOf({ client, answer, everyPage }: Asking) {
  const radio = (pool_id: string, seed: number) => ({ params: { path: { pool_id }, query: { seed } } });
  return {
    song: (song_id: string) => answer(client.GET("/v1/songs/{song_id}", { params: { path: { song_id } } })),
    cuts: (song: string) =>
      everyPage<CutSummary>((cursor) =>
        answer(client.GET("/v1/cuts", { params: { query: { ...from(cursor), song } } })),
      ),
    cut: (cut_id: string) => answer(client.GET("/v1/cuts/{cut_id}", { params: { path: { cut_id } } })),
    cutSongs: (songs: string[], cut: Cut, key: string) =>
      answer(client.POST("/v1/cuts", { body: { songs, cut }, params: repeatable(key) })),

    pools: () =>
      everyPage<Pool>((cursor) => answer(client.GET("/v1/pools", { params: { query: from(cursor) } }))),
    pool: (pool_id: string) => answer(client.GET("/v1/pools/{pool_id}", { params: { path: { pool_id } } })),
    makePool: (body: PoolRequest, key: string) =>
      answer(client.POST("/v1/pools", { body, params: repeatable(key) })),
    radio: (pool: string, seed: number) => answer(client.GET("/v1/radio/{pool_id}", radio(pool, seed))),
    skip: (pool: string, seed: number) => answer(client.POST("/v1/radio/{pool_id}/skip", radio(pool, seed))),
    ban: (pool: string, seed: number, body: RadioBan) =>
      answer(client.POST("/v1/radio/{pool_id}/ban", { ...radio(pool, seed), body })),

    model: (model_id: string) =>
      answer(client.GET("/v1/models/{model_id}", { params: { path: { model_id } } })),
    fitModel: (body: ModelRequest, key: string) =>
      answer(client.POST("/v1/models", { body, params: repeatable(key) })),
    removeModel: (model_id: string) =>
      answer(client.DELETE("/v1/models/{model_id}", { params: { path: { model_id } } })),
    epochs: (model_id: string) =>
      answer(client.GET("/v1/models/{model_id}/history", { params: { path: { model_id } } })).then(
        (epochs) => epochs as unknown as Epoch[],
      ),
    judgeModel: (model_id: string, key: string) =>
      answer(
        client.POST("/v1/models/{model_id}/report", {
          params: { path: { model_id }, ...repeatable(key) },
        }),
      ),
    reports: () =>
      everyPage<Report>((cursor) => answer(client.GET("/v1/reports", { params: { query: from(cursor) } }))),
    leaderboard: () => answer(client.GET("/v1/leaderboard")),

    system: () => answer(client.GET("/v1/system")),
    /** Jobs, the newest first, one page of them. */
    jobs: (cursor: string | null, limit: number) =>
      answer(
        client.GET("/v1/jobs", { params: { query: { limit, ...(cursor === null ? {} : { cursor }) } } }),
      ),
  };
}
