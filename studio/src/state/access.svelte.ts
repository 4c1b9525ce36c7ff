/**
 * The key, where the gateway asks for one. It lies in this page's memory alone; the session's cookie lets the
 * browser read events and sound, and outlives a reload, after which changes ask for the key again.
 */

import type { Problem } from "../api/client";

export class Access {
  key = $state<string | null>(null);
  /** Why a key is needed now; null: none is. */
  asked = $state<Problem | null>(null);
  /** Whether something that is to be shown was refused, and is to be asked for anew. */
  unread = false;

  refused(problem: Problem): void {
    this.key = null;
    this.asked = problem;
  }

  /** Try a key: `begin` opens a session with it, and rejects when it opens nothing. */
  async use(key: string, begin: () => Promise<unknown>): Promise<boolean> {
    this.key = key.trim();
    try {
      await begin();
    } catch (error) {
      if (this.key === null) return false; // Refused, and told why.
      throw error;
    }
    this.asked = null;
    return true;
  }
}
