/** The chunks of a cut: which one is chosen, and which one sounds. */

import type { Player as Media } from "./sounding";

export class Chunks {
  /** The one that is chosen, by its number. */
  chosen = $state(0);
  /** The one that sounds; null: none does. */
  sounding = $state<number | null>(null);
  failed = $state(false);

  /**
   * @param count how many there are
   * @param pathOf where the sound of one is
   */
  constructor(
    private readonly media: Media,
    readonly count: number,
    private readonly pathOf: (n: number) => string,
  ) {}

  /** Choose the one before or after, or one by its number; at the ends nothing changes. */
  choose(n: number): void {
    this.chosen = Math.min(this.count - 1, Math.max(0, n));
  }

  /** Let one sound, from its beginning; what sounds already is stopped instead. */
  async toggle(n: number): Promise<void> {
    this.choose(n);
    if (this.sounding === n) {
      this.stop();
      return;
    }
    this.failed = false;
    this.sounding = n;
    const over = () => {
      if (this.sounding === n) this.sounding = null;
    };
    const failed = await this.media.play(this.pathOf(n), over);
    if (failed && this.sounding === n) {
      this.sounding = null;
      this.failed = true;
    }
  }

  stop(): void {
    this.sounding = null;
    this.media.stop();
  }
}
