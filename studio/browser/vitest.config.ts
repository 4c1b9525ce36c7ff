import { defineConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";

/** In the order of their names: whoever comes later finds what those before made. */
class ByName extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer["sort"]>[0]) {
    return [...files].sort((a, b) => a.moduleId.localeCompare(b.moduleId));
  }
}

export default defineConfig({
  test: {
    include: ["browser/**/*.test.ts"],
    testTimeout: 330_000,
    hookTimeout: 60_000,
    // The tests of a way are its steps: without one there is no next.
    bail: 1,
    fileParallelism: false,
    sequence: { sequencer: ByName },
  },
});
