/** A blind vote on its way: kept once, however often it is sent, and told with how all votes stand. */

import type { Api } from "../api/client";
import type { Tally, Vote } from "../api/mixing";
import { isFinal } from "../api/problems";
import type { Side } from "./duel.svelte";
import { drawn } from "./words";

interface Pressed {
  side: Side | null;
  /** The gateway keeps one vote under it. */
  key: string;
  kept: boolean;
}

export class Ballot {
  sending = $state(false);
  failure = $state.raw<unknown>(null);
  told = $state.raw<{ side: Side | null; tally: Tally } | null>(null);
  #pressed = $state.raw<Pressed | null>(null);

  constructor(
    private readonly ids: [string, string],
    private readonly api: Pick<Api, "vote" | "tally">,
  ) {}

  /** Tell whether a vote for this side is taken: a vote that may have been kept can be repeated, not changed. */
  takes(side: Side | null): boolean {
    return !this.sending && (this.#pressed === null || this.#pressed.side === side);
  }

  /** Vote for a side, which is this one of the two mixes. */
  async vote(side: Side | null, choice: Vote["choice"]): Promise<void> {
    if (!this.takes(side)) return;
    this.sending = true;
    this.failure = null;
    const pressed = (this.#pressed ??= { side, key: drawn(), kept: false });
    try {
      if (!pressed.kept) await this.api.vote(...this.ids, choice, pressed.key);
      pressed.kept = true;
      this.told = { side, tally: await this.api.tally() };
    } catch (error) {
      this.failure = error;
      // Refused, it was not kept, and another may be cast.
      if (!pressed.kept && isFinal(error)) this.#pressed = null;
    } finally {
      this.sending = false;
    }
  }
}
