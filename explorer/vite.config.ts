import { defineConfig } from "vitest/config";

// One script for the page, one for the playground, and one style sheet, which Python puts in.
export default defineConfig(({ mode }) => {
  const play = mode === "play";
  return {
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
    build: {
      outDir: "../src/rasplab/view/explorer/assets",
      emptyOutDir: !play,
      target: "es2022",
      cssCodeSplit: false,
      lib: {
        entry: play ? "src/play.tsx" : "src/main.tsx",
        name: play ? "rasplabPlayground" : "rasplabExplorer",
        formats: ["iife"],
        fileName: () => (play ? "play.js" : "explorer.js"),
        cssFileName: "explorer",
      },
    },
    test: { include: ["tests/**/*.test.ts"] },
  };
});
