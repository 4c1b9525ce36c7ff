/** Hear something for a moment, such as a preview or a chunk by itself: the mix is silent meanwhile. */

import { hearing, type Media } from "./player.svelte";

export class Audition {
  /** What is heard, or was last. */
  source = $state<string | null>(null);
  playing = $state(false);
  #media: (Media & { src: string }) | undefined;

  /** `quiet` silences the mix. */
  constructor(private readonly quiet: () => void) {}

  /** Sound through an audio element; returns what lets it go. */
  attach(media: Media & { src: string }): () => void {
    this.#media = media;
    return hearing(media, {
      play: () => (this.playing = true),
      pause: () => (this.playing = false),
      ended: () => (this.playing = false),
      error: () => (this.playing = false),
    });
  }

  isHeard(source: string): boolean {
    return this.playing && this.source === source;
  }

  /** Play from the beginning; what plays is stopped. */
  toggle(source: string): void {
    if (this.isHeard(source)) this.stop();
    else this.play(source);
  }

  play(source: string): void {
    if (!this.#media) return;
    this.quiet();
    this.source = source;
    this.#media.src = source;
    void this.#media.play().catch(() => {});
  }

  stop(): void {
    this.#media?.pause();
  }
}
