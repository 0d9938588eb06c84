import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // The contrast of the colours is computed from the style sheet itself.
    css: { include: /tokens\.css/ },
    environment: "jsdom",
    include: ["tests/**/*.test.ts"],
    sequence: { shuffle: true },
  },
});
