import { defineConfig } from "vite";

const HUB = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  build: {
    outDir: "../../src/atrium/plugins/gateway/static",
    emptyOutDir: true,
    // The page is served under a strict policy: nothing inline, not even a font.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    // What the styles use (light-dark, popovers, nesting in nothing): not to be written down for older browsers.
    cssTarget: ["chrome125", "firefox128", "safari17.5"],
  },
  server: {
    proxy: {
      "/api": { target: HUB, ws: true, changeOrigin: true, headers: { origin: HUB } },
    },
  },
});
