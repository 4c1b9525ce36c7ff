/** Failures: problem documents (RFC 9457) as they come, or one of our own where no gateway answers. */

import type { Problem } from "./client";

/** The gateway refused, and says why. */
export class ProblemError extends Error {
  override name = "ProblemError";

  constructor(
    readonly problem: Problem,
    /** How long the gateway asks to wait; 0: it does not say. */
    readonly retryAfterS = 0,
  ) {
    super(problem.detail);
  }
}

/** Nothing answered: the gateway is away, or the network is. */
export class Offline extends Error {
  override name = "Offline";
}

/** Tell whether the same question gets the same answer: neither a server's failure nor too many requests. */
export function isFinal(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.status < 500 && error.problem.status !== 429;
}

/** Return what a `Retry-After` says, in seconds, as our gateway gives it; 0: nothing, or a date. */
export function retryAfterSOf(header: string | null): number {
  return Number(header ?? 0) || 0;
}

/** Return the problem document that an answer holds, or one that tells its status. */
export function problemOf(body: unknown, status: number): Problem {
  if (typeof body === "object" && body !== null && "title" in body && "detail" in body)
    return body as Problem;
  return { type: "about:blank", title: `HTTP ${status}`, status, detail: "", instance: null };
}
