/** The sound of a mix, and where it is. */

export type Media = Pick<
  HTMLMediaElement,
  "currentTime" | "paused" | "play" | "pause" | "addEventListener" | "removeEventListener"
>;

/** Hear what media tell; returns what silences them and hears no more. */
export function hearing(
  media: Pick<Media, "pause" | "addEventListener" | "removeEventListener">,
  heard: Record<string, () => void>,
): () => void {
  for (const [name, hear] of Object.entries(heard)) media.addEventListener(name, hear);
  return () => {
    media.pause();
    for (const [name, hear] of Object.entries(heard)) media.removeEventListener(name, hear);
  };
}

export class Player {
  timeS = $state(0);
  playing = $state(false);
  failed = $state(false);
  #media: Media | undefined;

  constructor(readonly durationS: number) {}

  /** Follow an audio element; returns what lets it go. */
  attach(media: Media): () => void {
    this.#media = media;
    return hearing(media, {
      timeupdate: () => (this.timeS = media.currentTime),
      seeking: () => (this.timeS = media.currentTime),
      play: () => (this.playing = true),
      pause: () => (this.playing = false),
      ended: () => (this.playing = false),
      error: () => (this.failed = true),
    });
  }

  async play(): Promise<void> {
    // A newer wish breaks off an older one; what cannot be played is told by the element itself.
    await this.#media?.play().catch(() => {});
  }

  pause(): void {
    this.#media?.pause();
  }

  toggle(): void {
    if (this.#media?.paused) void this.play();
    else this.pause();
  }

  /** Go to a time within the mix. */
  seek(timeS: number): void {
    this.timeS = Math.min(this.durationS, Math.max(0, timeS));
    if (this.#media) this.#media.currentTime = this.timeS;
  }

  skip(seconds: number): void {
    this.seek(this.timeS + seconds);
  }
}
