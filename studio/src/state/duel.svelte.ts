/** Two sounds side by side, one of which is heard: which is the first is drawn, and nobody is told. */

import { hearing, type Media } from "./player.svelte";

export type Side = 0 | 1;

export class Duel {
  playing = $state(false);
  /** The one that is heard, or would be. */
  side = $state<Side>(0);
  timeS = $state(0);
  heard = $state<[boolean, boolean]>([false, false]);
  #broken = $state<[boolean, boolean]>([false, false]);
  /** Of the first and the second, which of what was given each is. */
  readonly order: [Side, Side];
  #media: Media[] = [];

  constructor(draw: () => number = Math.random) {
    this.order = draw() < 0.5 ? [0, 1] : [1, 0];
  }

  /** Whether one of them cannot be played. */
  get failed(): boolean {
    return this.#broken[0] || this.#broken[1];
  }

  attach(media: Media[]): () => void {
    this.#media = media;
    const letGo = media.map((one, side) =>
      hearing(one, {
        timeupdate: () => {
          if (side === this.side) this.timeS = one.currentTime;
        },
        ended: () => this.pause(),
        error: () => this.#fail(side as Side),
      }),
    );
    return () => {
      this.pause();
      for (const each of letGo) each();
    };
  }

  /** Hear one of the two from where the other is. */
  listen(side: Side): void {
    const [now, next] = [this.#media[this.side], this.#media[side]];
    if (!now || !next) return;
    now.pause();
    if (side !== this.side) next.currentTime = now.currentTime;
    this.side = side;
    this.playing = true;
    next.play().then(
      () => {
        this.heard[side] = true;
        this.#broken[side] = false;
      },
      (cause: unknown) => {
        // A newer wish breaks off an older one.
        if (!(cause instanceof DOMException && cause.name === "AbortError")) this.#fail(side);
      },
    );
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.listen(this.side);
  }

  pause(): void {
    this.#media.forEach((one) => one.pause());
    this.playing = false;
  }

  skip(seconds: number): void {
    const now = this.#media[this.side];
    if (now) now.currentTime = Math.max(0, now.currentTime + seconds);
  }

  #fail(side: Side): void {
    this.#broken[side] = true;
    if (side === this.side) this.playing = false;
  }

  /** Return the vote for one of the two as they were given; null: for neither. */
  voteFor(side: Side | null): "a" | "b" | "tie" {
    return side === null ? "tie" : this.order[side] === 0 ? "a" : "b";
  }
}
