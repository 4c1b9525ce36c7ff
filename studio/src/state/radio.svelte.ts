/**
 * The radio that this page listens to: one at most, on whatever page one is. A stream that breaks off is tuned
 * in again as long as it is wanted, and why there is none is told; what plays is asked for every two seconds.
 */

import type { Api } from "../api/client";
import type { Radio } from "../api/pages";
import { isFinal, ProblemError } from "../api/problems";

export const LOOK_MS = 2000;
/** So long after a try to tune in again that came to nothing comes the next. */
export const AGAIN_MS = 10_000;

/** `tuning`: it is wanted, and no sound has come yet; `lost`: it broke off, and is to be tuned in again. */
export type Reception = "off" | "tuning" | "playing" | "lost";
export type Sound = Pick<HTMLAudioElement, "src" | "play" | "pause" | "removeAttribute" | "load" | "volume"> &
  Pick<EventTarget, "addEventListener">;
/** What was wished last, of which song. */
export interface Wished {
  what: "skip" | "song" | "chunk";
  title: string;
}

export class RadioSet {
  pool = $state<string | null>(null);
  seed = $state(0);
  reception = $state<Reception>("off");
  now = $state.raw<Radio | null>(null);
  wished = $state.raw<Wished | null>(null);
  failure = $state.raw<unknown>(null);
  #volume = $state(1);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #triedMs = -Infinity;

  constructor(
    private readonly api: Pick<Api, "radio" | "skip" | "ban" | "tryStream">,
    private readonly sound: Sound,
  ) {
    sound.addEventListener("playing", () => {
      if (!this.wanted) return;
      this.reception = "playing";
      this.#triedMs = -Infinity;
    });
    // A stream has no end of its own: if it ends, it broke off.
    for (const name of ["error", "ended"])
      sound.addEventListener(name, () => {
        if (this.wanted) this.reception = "lost";
      });
  }

  get wanted(): boolean {
    return this.reception !== "off";
  }

  /** From 0 to 1. */
  get volume(): number {
    return this.#volume;
  }

  set volume(to: number) {
    this.#volume = to;
    this.sound.volume = to;
  }

  /** Tell whether it is this radio that is listened to. */
  hears(pool: string, seed: number): boolean {
    return this.wanted && this.pool === pool && this.seed === seed;
  }

  play(pool: string, seed: number): void {
    if (this.pool !== pool || this.seed !== seed) this.now = null;
    this.pool = pool;
    this.seed = seed;
    this.wished = null;
    this.#triedMs = -Infinity;
    this.#tune();
    this.#lookIn(LOOK_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.reception = "off";
    this.now = null;
    this.wished = null;
    this.sound.pause();
    // A paused stream would go on to be sent.
    this.sound.removeAttribute("src");
    this.sound.load();
  }

  /** Leave the song that plays. */
  async skip(): Promise<void> {
    await this.#wish("skip", (pool) => this.api.skip(pool, this.seed));
  }

  /** Never hear what plays again: the song, or this chunk of it. */
  async ban(what: "song" | "chunk"): Promise<void> {
    const playing = this.now?.playing;
    if (!playing) return;
    const named = { what, song: playing.song, ...(what === "chunk" ? { chunk: playing.chunk } : {}) };
    await this.#wish(what, (pool) => this.api.ban(pool, this.seed, named));
  }

  async #wish(what: Wished["what"], ask: (pool: string) => Promise<Radio>): Promise<void> {
    const title = this.now?.playing?.title;
    if (this.pool === null || title === undefined) return;
    this.failure = null;
    try {
      this.now = await ask(this.pool);
      this.wished = { what, title };
    } catch (error) {
      this.failure = error;
    }
  }

  #tune(): void {
    this.failure = null;
    this.reception = "tuning";
    this.sound.src = `/v1/radio/${this.pool}.mp3?seed=${this.seed}`;
    this.sound.play().catch((cause: unknown) => {
      // A browser may want a press of a button first; whatever else keeps it away is told by its events.
      if (cause instanceof DOMException && cause.name === "NotAllowedError") this.stop();
    });
  }

  #lookIn(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), delayMs);
  }

  async #look(): Promise<void> {
    const { pool, seed } = this;
    if (pool === null) return;
    try {
      const now = await this.api.radio(pool, seed);
      if (!this.hears(pool, seed)) return;
      this.now = now;
      if (this.reception === "lost") await this.#tuneAgain(pool, seed);
    } catch (error) {
      if (!this.hears(pool, seed)) return;
      if (isFinal(error)) {
        this.stop();
        this.failure = error;
        return;
      }
      if (this.reception === "lost" && error instanceof ProblemError) this.failure = error;
    }
    if (this.hears(pool, seed)) this.#lookIn(LOOK_MS);
  }

  /** Tune in again where there is a stream, and throw why there is none: an audio element does not tell. */
  async #tuneAgain(pool: string, seed: number): Promise<void> {
    if (Date.now() - this.#triedMs < AGAIN_MS) return;
    try {
      await this.api.tryStream(pool, seed);
    } finally {
      this.#triedMs = Date.now();
    }
    if (this.hears(pool, seed) && this.reception === "lost") this.#tune();
  }
}
