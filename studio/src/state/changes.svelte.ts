/**
 * Changes of a mix, gathered until a new version is made of them. All name places of the mix as it is: none of them
 * moves a chunk to another place.
 */

import type { Edit } from "../api/mixing";
import type { Dictionary } from "../i18n/en";
import { decimal, signed } from "./words";

/** What frees comes first, what holds comes last; a seam belongs to the chunks that stand there then. */
const ORDER = ["unpin", "ban", "swap", "seam", "pin"];

export class Changes {
  #list = $state<Edit[]>([]);

  /** In the order in which they are to be made. */
  get list(): Edit[] {
    return this.#list.toSorted((a, b) => ORDER.indexOf(a.edit) - ORDER.indexOf(b.edit));
  }

  get count(): number {
    return this.#list.length;
  }

  /** Take in a change, in the place of another of the same thing. */
  put(edit: Edit): void {
    this.#list = [...this.#list.filter((one) => subjectOf(one) !== subjectOf(edit)), edit];
  }

  drop(edit: Edit): void {
    this.#list = this.#list.filter((one) => subjectOf(one) !== subjectOf(edit));
  }

  clear(): void {
    this.#list = [];
  }

  /** Return the change of the same thing, if there is one. */
  find(edit: Edit): Edit | undefined {
    return this.#list.find((one) => subjectOf(one) === subjectOf(edit));
  }
}

const gathered = new Map<string, Changes>();

/** Return what was gathered of a mix: it is there still when one comes back to it from another page. */
export function changesOf(mix: string): Changes {
  const changes = gathered.get(mix) ?? new Changes();
  gathered.set(mix, changes);
  return changes;
}

/** What a change is of: two changes of the same thing cannot both be. */
function subjectOf(edit: Edit): string {
  switch (edit.edit) {
    case "swap":
      return `chunk ${edit.position}`;
    case "seam":
      return `seam ${edit.position}`;
    case "ban":
      return `ban ${edit.song} ${edit.chunk ?? ""}`;
    case "pin":
    case "unpin":
      return `pin ${edit.first} ${edit.last}`;
    default:
      return JSON.stringify(edit);
  }
}

/** Say what an edit does; places are counted from 1, as people do. */
export function wordsOf(
  edit: Edit,
  t: Dictionary,
  titleOf: (song: string) => string,
  locale: string,
): string {
  const words = t.mixing;
  switch (edit.edit) {
    case "swap":
      return edit.by
        ? words.editSwapBy(edit.position + 1, titleOf(edit.by.song), edit.by.chunk)
        : words.editSwap(edit.position + 1);
    case "ban":
      return edit.chunk === null || edit.chunk === undefined
        ? words.editBanSong(titleOf(edit.song))
        : words.editBanChunk(titleOf(edit.song), edit.chunk);
    case "pin":
      return words.editPin(edit.first + 1, edit.last + 1);
    case "unpin":
      return words.editUnpin(edit.first + 1, edit.last + 1);
    case "seam": {
      const how = [
        edit.manner ? words.manners[edit.manner] : "",
        edit.nudge_ms ? `${signed(edit.nudge_ms, 0, locale)} ${words.units.ms}` : "",
        edit.nudge_beats ? `${signed(edit.nudge_beats, 2, locale)} ${words.units.beats}` : "",
      ];
      return words.editSeam(edit.position + 1, how.filter(Boolean).join(", ") || decimal(0, 0, locale));
    }
    default:
      return words.editOther(edit.edit);
  }
}
