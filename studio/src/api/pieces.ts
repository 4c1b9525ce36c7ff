/**
 * Send a large file in pieces, by tus 1.0. A line that breaks is waited for, and then it goes on from where the
 * gateway is. Where uploads are is kept in the browser, so that the same file goes on after a reload.
 */

import type { Access } from "./client";
import { passes, pauseOf, sleep, waitMsOf, WAITS_MS } from "./patience";
import { Offline, ProblemError, problemOf, retryAfterSOf } from "./problems";
import type { components } from "./schema";
import type { Send, Sent } from "./sending";

export type Upload = components["schemas"]["Upload"];

export const TUS = { "Tus-Resumable": "1.0.0" };
const NOT_FOUND = 404;
const ELSEWHERE = 409;

/** What this browser knows of uploads that are not whole: their addresses, by what tells files apart. */
export class Kept {
  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem"> = localStorage,
    private readonly place = "segue-uploads",
  ) {}

  /** A file is taken for the same by its name, size and time of change: reading it all takes too long. */
  static nameOf(file: Pick<File, "name" | "size" | "lastModified">): string {
    return `${file.name} ${file.size} ${file.lastModified}`;
  }

  all(): Record<string, string> {
    return JSON.parse(this.storage.getItem(this.place) ?? "{}") as Record<string, string>;
  }

  put(name: string, path: string): void {
    this.storage.setItem(this.place, JSON.stringify({ ...this.all(), [name]: path }));
  }

  drop(path: string): void {
    const left = Object.entries(this.all()).filter(([, other]) => other !== path);
    this.storage.setItem(this.place, JSON.stringify(Object.fromEntries(left)));
  }
}

/** What is asked of the gateway; each rejects with ProblemError or Offline. */
export interface Line {
  begin(file: File): Promise<Upload>;
  look(path: string): Promise<Upload>;
  /** Send a file from an offset on to its end. */
  send(
    path: string,
    file: Blob,
    offset: number,
    onProgress: (sentBytes: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  end(path: string): Promise<void>;
}

/** Tell whether what was known of an upload is outdated: it is gone, or elsewhere than was thought. */
function isOutdated(error: unknown): boolean {
  return error instanceof ProblemError && [NOT_FOUND, ELSEWHERE].includes(error.problem.status);
}

export function sendInPieces(
  line: Line,
  kept: Kept,
  songOf: (id: string) => Promise<Sent["song"]>,
  wait = sleep,
): Send {
  /** Return where a file's upload is: the one that was begun, or a new one. */
  async function found(file: File): Promise<Upload> {
    const known = kept.all()[Kept.nameOf(file)];
    if (known !== undefined) {
      try {
        return await line.look(known);
      } catch (error) {
        if (!isOutdated(error)) throw error;
        kept.drop(known);
      }
    }
    const begun = await line.begin(file);
    kept.put(Kept.nameOf(file), begun.links.self!);
    return begun;
  }

  /** Forget an upload that nobody wants any more, here and there. */
  function giveUp(file: File): void {
    const path = kept.all()[Kept.nameOf(file)];
    if (path === undefined) return;
    kept.drop(path);
    // What cannot be deleted now is cleared up by and by.
    line.end(path).catch(() => {});
  }

  const sendAll: Send = async (file, onProgress, signal, onPause) => {
    for (let tries = 0; ; tries += 1) {
      signal.throwIfAborted();
      try {
        const upload = await found(file);
        const path = upload.links.self!;
        onPause?.(null);
        onProgress(upload.offset_bytes);
        if (upload.song !== null) {
          kept.drop(path);
          return { song: await songOf(upload.song), isNew: upload.is_new ?? false };
        }
        const before = upload.offset_bytes;
        const told = (bytes: number) => {
          tries = 0; // It moves: the next break is the first again.
          onProgress(before + bytes);
        };
        await line.send(path, file, before, told, signal);
      } catch (error) {
        if (isOutdated(error) ? tries >= WAITS_MS.length : !(await passes(error, file))) throw error;
        onPause?.(isOutdated(error) ? null : pauseOf(error));
        await wait(waitMsOf(tries, error), signal);
      }
    }
  };

  return async (file, onProgress, signal, onPause) => {
    try {
      return await sendAll(file, onProgress, signal, onPause);
    } finally {
      if (signal.aborted) giveUp(file);
    }
  };
}

/** Return what a text holds as JSON; null: it holds none, as when something else answers in the gateway's place. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

const inBase64 = (text: string) => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));

export function lineOver(access: Access): Line {
  const key = () => (access.key === null ? {} : { Authorization: `Bearer ${access.key}` });

  async function ask<T>(path: string, init: RequestInit): Promise<T> {
    const headers = { ...TUS, ...key(), ...(init.headers as Record<string, string>) };
    const answer = await fetch(path, { ...init, headers }).catch((cause: unknown) => {
      throw new Offline("no answer", { cause });
    });
    const body = parsed(await answer.text());
    if (answer.ok) return body as T;
    const problem = problemOf(body, answer.status);
    if (answer.status === 401) access.refused(problem);
    throw new ProblemError(problem, retryAfterSOf(answer.headers.get("Retry-After")));
  }

  return {
    begin: (file) =>
      ask("/v1/uploads", {
        method: "POST",
        headers: {
          "Upload-Length": String(file.size),
          "Upload-Metadata": `filename ${inBase64(file.name)}`,
        },
      }),
    look: (path) => ask(path, { method: "GET" }),
    end: (path) => ask(path, { method: "DELETE" }),
    send: (path, file, offset, onProgress, signal) =>
      new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("PATCH", path);
        request.responseType = "json";
        const headers = {
          ...TUS,
          ...key(),
          "Content-Type": "application/offset+octet-stream",
          "Upload-Offset": String(offset),
        };
        for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
        request.upload.onprogress = (event) => onProgress(event.loaded);
        request.onerror = () => reject(new Offline());
        request.onabort = () => reject(signal.reason as Error);
        request.onload = () => {
          if (request.status === 204) {
            resolve();
            return;
          }
          const problem = problemOf(request.response, request.status);
          if (request.status === 401) access.refused(problem);
          reject(new ProblemError(problem, retryAfterSOf(request.getResponseHeader("Retry-After"))));
        };
        signal.addEventListener("abort", () => request.abort());
        request.send(file.slice(offset));
      }),
  };
}
