/** The songs that there are, those chosen for the next mix, and a look at those being decoded now and then. */

import { SvelteSet } from "svelte/reactivity";

import type { Api, Song } from "../api/client";

const LOOK_MS = 1500;

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

  constructor(private readonly api: Pick<Api, "songs" | "removeSong">) {}

  /** Those that the next mix is made of. */
  get chosen(): Song[] {
    return this.songs.filter((song) => song.state === "ready" && !this.left.has(song.id));
  }

  get pending(): number {
    return this.songs.filter(isPending).length;
  }

  async load(): Promise<void> {
    const found = await this.api.songs();
    this.songs = found.sort((a, b) => a.uploaded_at.localeCompare(b.uploaded_at) || a.id.localeCompare(b.id));
    this.loaded = true;
    this.#lookLater();
  }

  /** Take in a song that has just arrived. */
  put(song: Song): void {
    const at = this.songs.findIndex((one) => one.id === song.id);
    if (at < 0) this.songs.push(song);
    else this.songs[at] = song;
    this.#lookLater();
  }

  async remove(id: string): Promise<void> {
    await this.api.removeSong(id);
    this.songs = this.songs.filter((song) => song.id !== id);
  }

  toggle(id: string): void {
    if (!this.left.delete(id)) this.left.add(id);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lookLater(): void {
    if (this.#timer !== undefined || this.pending === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // What cannot be looked at now may be the next time.
      this.load().catch(() => this.#lookLater());
    }, LOOK_MS);
  }
}
