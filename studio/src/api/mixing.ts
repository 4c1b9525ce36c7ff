/** What changes a mix, looks into it, and compares it with another. */

import { repeatable, type Asking } from "./asking";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type History = Schemas["History"];
export type Version = Schemas["Version"];
export type PoolMap = Schemas["PoolMap"];
export type Candidate = Schemas["Candidate"];
export type Vote = Schemas["Vote"];
export type Tally = Schemas["Tally"];
export type Edit = Schemas["RevisionRequest"]["edits"][number];
export type SeamChange = Schemas["PreviewRequest"];

export function mixingOf({ client, answer }: Asking) {
  const of = (mix_id: string) => ({ params: { path: { mix_id } } });
  const at = (mix_id: string, position: number) => ({ params: { path: { mix_id, position } } });
  return {
    reviseMix: (mix_id: string, edits: Edit[]) =>
      answer(client.POST("/v1/mixes/{mix_id}/revisions", { ...of(mix_id), body: { edits } })),
    history: (mix_id: string) => answer(client.GET("/v1/mixes/{mix_id}/revisions", of(mix_id))),
    previewSeam: (mix_id: string, position: number, change: SeamChange) =>
      answer(
        client.POST("/v1/mixes/{mix_id}/seams/{position}/preview", { ...at(mix_id, position), body: change }),
      ),
    drawMap: (mix_id: string) => answer(client.POST("/v1/mixes/{mix_id}/map", of(mix_id))),
    map: (mix_id: string) => answer(client.GET("/v1/mixes/{mix_id}/map", of(mix_id))),
    findCandidates: (mix_id: string, position: number) =>
      answer(client.POST("/v1/mixes/{mix_id}/chunks/{position}/candidates", at(mix_id, position))),
    candidates: (mix_id: string, position: number) =>
      answer(client.GET("/v1/mixes/{mix_id}/chunks/{position}/candidates", at(mix_id, position))),
    vote: (a: string, b: string, choice: Vote["choice"], key: string) =>
      answer(client.POST("/v1/votes", { body: { a, b, choice }, params: repeatable(key) })),
    tally: () => answer(client.GET("/v1/tally")),
  };
}
