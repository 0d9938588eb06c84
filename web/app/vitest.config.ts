import { defineConfig } from "vitest/config";

export default defineConfig({
  // What the hub declares is compared with what its reference says.
  server: { fs: { allow: ["../../docs/reference", ".."] } },
  test: {
    // The contrast of the colours is computed from the style sheet itself.
    css: { include: /tokens\.css/ },
    environment: "jsdom",
    include: ["tests/**/*.test.ts"],
    sequence: { shuffle: true },
  },
});
