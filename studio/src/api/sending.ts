/** Send a song with its progress, which `fetch` does not tell. */

import type { Access, Song } from "./client";
import type { Pause } from "./patience";
import { Offline, ProblemError, problemOf, retryAfterSOf } from "./problems";

export interface Sent {
  song: Song;
  /** False: the same bytes were there already. */
  isNew: boolean;
}

export type Send = (
  file: File,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
  /** Told why it waits, and null once it goes on. */
  onPause?: (paused: Pause | null) => void,
) => Promise<Sent>;

/** Return what uploads a file; it rejects with ProblemError, Offline, or the signal's reason. */
export function sendOver(access: Access): Send {
  return (file, onProgress, signal) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/v1/songs?${new URLSearchParams({ name: file.name })}`);
      request.responseType = "json";
      request.setRequestHeader("Content-Type", "application/octet-stream");
      if (access.key !== null) request.setRequestHeader("Authorization", `Bearer ${access.key}`);
      request.upload.onprogress = (event) => onProgress(event.loaded);
      request.onerror = () => reject(new Offline());
      request.onabort = () => reject(signal.reason as Error);
      request.onload = () => {
        if (request.status === 200 || request.status === 201) {
          resolve({ song: request.response as Song, isNew: request.status === 201 });
          return;
        }
        const problem = problemOf(request.response, request.status);
        if (request.status === 401) access.refused(problem);
        reject(new ProblemError(problem, retryAfterSOf(request.getResponseHeader("Retry-After"))));
      };
      signal.addEventListener("abort", () => request.abort());
      request.send(file);
    });
}
