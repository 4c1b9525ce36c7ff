/** Patience with what passes by itself: a line that broke, a gateway that has too much to do right now. */

import { Offline, ProblemError } from "./problems";
import type { Send } from "./sending";

/** Why an upload waits: the line is `lost`, or the gateway is `busy` and says so. */
export type Pause = "lost" | "busy";

export const WAITS_MS = [500, 1000, 2000, 4000, 8000];
const LONGEST_WAIT_MS = 60_000;
const BUSY = [429, 503];
const PASSING = [408, 502, 504, ...BUSY];

export const sleep = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });

/** Tell whether a failure to send a file passes by itself: nothing answered, or there is too much to do. */
export async function passes(error: unknown, file: Blob): Promise<boolean> {
  if (error instanceof ProblemError) return PASSING.includes(error.problem.status);
  // A file that was moved or changed since breaks off as a line does, but for good.
  return error instanceof Offline && (await isReadable(file));
}

const isReadable = (file: Blob) =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );

export function pauseOf(error: unknown): Pause {
  return error instanceof ProblemError && BUSY.includes(error.problem.status) ? "busy" : "lost";
}

/** Return how long to wait after so many tries in vain, and after what the gateway said. */
export function waitMsOf(tries: number, error: unknown): number {
  const askedMs = error instanceof ProblemError ? 1000 * error.retryAfterS : 0;
  return Math.min(LONGEST_WAIT_MS, Math.max(askedMs, WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]!));
}

/** Return a sender that sends a file again until it is here or refused: the same bytes are one song. */
export function patiently(send: Send, wait = sleep): Send {
  return async (file, onProgress, signal, onPause) => {
    for (let tries = 0; ; tries += 1) {
      signal.throwIfAborted();
      try {
        const told = (bytes: number) => {
          onPause?.(null);
          onProgress(bytes);
        };
        return await send(file, told, signal);
      } catch (error) {
        if (signal.aborted || !(await passes(error, file))) throw error;
        onProgress(0);
        onPause?.(pauseOf(error));
        await wait(waitMsOf(tries, error), signal);
      }
    }
  };
}
