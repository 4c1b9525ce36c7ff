/** How the client asks, and what becomes of an answer. */

import type { Client } from "openapi-fetch";

import type { paths } from "./schema";

export type Answer = <T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>) => Promise<T>;

export interface Asking {
  client: Client<paths>;
  answer: Answer;
  everyPage: <T>(
    page: (cursor?: string) => Promise<{ items: T[]; next_cursor: string | null }>,
  ) => Promise<T[]>;
}

/** The query of a page of a list. */
export const from = (cursor?: string) => ({ limit: 200, ...(cursor === undefined ? {} : { cursor }) });

/** What makes of a request that is sent twice one job. */
export const repeatable = (key: string) => ({ header: { "idempotency-key": key } });
