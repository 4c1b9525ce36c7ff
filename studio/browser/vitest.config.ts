import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["browser/**/*.test.ts"],
    testTimeout: 330_000,
    hookTimeout: 60_000,
    // The tests of a way are its steps: without one there is no next.
    bail: 1,
  },
});
