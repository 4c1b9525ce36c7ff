/** The songs that there are, those chosen for the next mix, and a look at those being decoded now and then. */

import { SvelteSet } from "svelte/reactivity";

import type { Api, Song } from "../api/client";

const LOOK_MS = 1500;
/** All songs are read for a look, which may take long: so it is not looked more than a tenth of the time. */
const REST = 10;

/** Tell whether a song is on its way: stored, not decoded yet, and nothing has failed. */
export function isPending(song: Song): boolean {
  return song.state === "received" && song.problem === null;
}

export class Library {
  songs = $state<Song[]>([]);
  loaded = $state(false);
  /** Songs that the next mix leaves out. */
  readonly left = new SvelteSet<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether a page shows them. */
  #watched = false;
  /** For each read under way, what was put meanwhile, and as null what was removed. */
  readonly #reads = new Set<Map<string, Song | null>>();
  #tookMs = 0;

  constructor(
    private readonly api: Pick<Api, "songs" | "removeSong">,
    private readonly now = () => performance.now(),
  ) {}

  /** Those that the next mix is made of. */
  get chosen(): Song[] {
    return this.songs.filter((song) => song.state === "ready" && !this.left.has(song.id));
  }

  get pending(): number {
    return this.songs.filter(isPending).length;
  }

  /** Show them, and look at them again as long as one is being decoded, until `stop`. */
  async load(): Promise<void> {
    this.#watched = true;
    await this.#read();
  }

  /** Take in a song that has just arrived. */
  put(song: Song): void {
    const at = this.songs.findIndex((one) => one.id === song.id);
    if (at < 0) this.songs.push(song);
    else this.songs[at] = song;
    for (const changes of this.#reads) changes.set(song.id, song);
    this.#lookLater();
  }

  async remove(id: string): Promise<void> {
    await this.api.removeSong(id);
    this.songs = this.songs.filter((song) => song.id !== id);
    for (const changes of this.#reads) changes.set(id, null);
  }

  toggle(id: string): void {
    if (!this.left.delete(id)) this.left.add(id);
  }

  /** No page shows them any more: what arrives is still taken in, but not looked at. */
  stop(): void {
    this.#watched = false;
    this.#disarm();
  }

  async #read(): Promise<void> {
    this.#disarm();
    const changes = new Map<string, Song | null>();
    const began = this.now();
    this.#reads.add(changes);
    try {
      const found = new Map((await this.api.songs()).map((song) => [song.id, song]));
      // The read may have begun before them.
      for (const [id, song] of changes) {
        if (song) found.set(id, song);
        else found.delete(id);
      }
      this.songs = [...found.values()].sort(
        (a, b) => a.uploaded_at.localeCompare(b.uploaded_at) || a.id.localeCompare(b.id),
      );
      this.loaded = true;
    } finally {
      this.#reads.delete(changes);
      this.#tookMs = this.now() - began;
      this.#lookLater();
    }
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lookLater(): void {
    if (!this.#watched || this.#timer !== undefined || this.#reads.size > 0 || this.pending === 0) return;
    this.#timer = setTimeout(
      // What cannot be looked at now may be the next time.
      () => void this.#read().catch(() => {}),
      Math.max(LOOK_MS, REST * this.#tookMs),
    );
  }
}
