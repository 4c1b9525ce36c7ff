import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const GATEWAY = process.env.SEGUE_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: "../services/gateway/studio/bundle",
    emptyOutDir: true,
    // A file that stood in the page as a data address would be refused by its policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/v1": GATEWAY, "/docs": GATEWAY } },
  test: { include: ["src/**/*.test.ts"] },
});
