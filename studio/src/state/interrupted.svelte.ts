/** Uploads that this browser began and did not bring to their end, before the page was loaded anew. */

import type { Kept, Line, Upload } from "../api/pieces";
import { ProblemError } from "../api/problems";

export interface Rest {
  /** What tells its file apart, as `Kept` names it. */
  name: string;
  upload: Upload;
}

export class Interrupted {
  items = $state.raw<Rest[]>([]);

  constructor(
    private readonly line: Pick<Line, "look" | "end">,
    private readonly kept: Pick<Kept, "all" | "drop">,
  ) {}

  /** Ask how far each is; what is gone or whole by now is forgotten. */
  async load(): Promise<void> {
    const found = await Promise.all(Object.entries(this.kept.all()).map((one) => this.#look(...one)));
    this.items = found.filter((one) => one !== null);
  }

  /** Give one up, and have what is here of it deleted. */
  async forget({ upload }: Rest): Promise<void> {
    const path = upload.links.self!;
    this.kept.drop(path);
    this.items = this.items.filter((one) => one.upload.id !== upload.id);
    // What cannot be deleted now is cleared up by and by.
    await this.line.end(path).catch(() => {});
  }

  async #look(name: string, path: string): Promise<Rest | null> {
    try {
      const upload = await this.line.look(path);
      if (upload.song === null) return { name, upload };
      this.kept.drop(path);
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 404) this.kept.drop(path);
    }
    return null;
  }
}
