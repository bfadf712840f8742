import { defineConfig } from "vitest/config";

// One script and one style sheet, which Python puts into the page.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/rasplab/view/explorer/assets",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    lib: {
      entry: "src/main.tsx",
      name: "rasplabExplorer",
      formats: ["iife"],
      fileName: () => "explorer.js",
      cssFileName: "explorer",
    },
  },
  test: { include: ["tests/**/*.test.ts"] },
});
