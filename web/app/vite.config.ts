import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin, type Rolldown } from "vite";

const HUB = "http://127.0.0.1:8080";
const WORKER = "sw";

/** Rarely shown and large: fetched when they are needed, and kept from then on. */
const LATER = /noto-sans-math|latin-ext/;

/** Sends the styles that components carry without the air between their words. */
function denseStyles(): Plugin {
  return {
    name: "dense-styles",
    apply: "build",
    transform: {
      filter: { id: /\/src\/.*\.ts$/, code: "css`" },
      handler: (code) => ({ code: code.replace(/(?<=\bcss`)[^`]*(?=`)/g, dense), map: null }),
    },
  };
}

function dense(styles: string): string {
  return styles
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .replace(/: /g, ":")
    .replace(/;\}/g, "}");
}

/** What rooms share beside the shell: each by itself is less than a request for it costs. */
const SHARED = /src\/(api|design|language)\/|lucide|rolldown[\\/]runtime/;

/** Writes into the service worker which files it keeps, under a name that changes when one of them does. */
function keptFiles(): Plugin {
  return {
    name: "kept-files",
    generateBundle(_, bundle) {
      const assets = Object.keys(bundle).filter((name) => name.startsWith("assets/") && !LATER.test(name));
      const files = [
        "/",
        "/first_paint.js",
        "/icon.svg",
        "/manifest.json",
        ...assets.sort().map((name) => `/${name}`),
      ];
      const build = createHash("sha256").update(files.join(" ")).digest("hex").slice(0, 12);
      const worker = bundle[`${WORKER}.js`];
      if (worker?.type !== "chunk") throw new Error("the service worker was not built");
      worker.code = worker.code.replace("__BUILD__", build).replace("__FILES__", files.join(" "));
    },
  };
}

const isFirstRoom = (id: string): boolean => id.endsWith("features/sessions/feature.ts");

/** Names in the page what its first room is made of, so that it is fetched beside the shell instead of after it. */
function preloadedRoom(): Plugin {
  return {
    name: "preloaded-room",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((output) => output.type === "chunk");
        const room = chunks.find(({ moduleIds }) => moduleIds.some(isFirstRoom));
        if (!room) throw new Error("the first room was not built");
        const names = [...withImports(room, bundle)].filter((name) => !html.includes(name));
        return names.map((name) => ({
          tag: "link",
          attrs: { rel: "modulepreload", crossorigin: true, href: `/${name}` },
        }));
      },
    },
  };
}

/** The file names of a chunk and of all that it imports at once. */
function withImports(
  chunk: Rolldown.OutputChunk,
  bundle: Rolldown.OutputBundle,
  known = new Set<string>(),
): Set<string> {
  known.add(chunk.fileName);
  for (const name of chunk.imports) {
    const imported = bundle[name];
    if (imported?.type === "chunk" && !known.has(name)) withImports(imported, bundle, known);
  }
  return known;
}

const PACKED = /\.(js|css|html|svg|json)$/;
const SMALL = 1024;

/** Puts packed forms beside what packs well, so that the hub sends a quarter of the bytes and never packs anything itself. */
function packedFiles(): Plugin {
  let folder = "";
  return {
    name: "packed-files",
    apply: "build",
    configResolved({ root, build }) {
      folder = join(root, build.outDir);
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (!PACKED.test(name)) continue;
        const plain = readFileSync(join(folder, name));
        if (plain.length < SMALL) continue;
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(plain));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(plain, { level: 9 }));
      }
    },
  };
}

export default defineConfig(({ command }) => ({
  base: "/",
  // A hundred names of files would hide the link that `make run` ends with.
  logLevel: command === "build" ? "warn" : "info",
  plugins: [denseStyles(), preloadedRoom(), keptFiles(), packedFiles()],
  build: {
    outDir: "../../src/atrium/plugins/gateway/static",
    emptyOutDir: true,
    // The page is served under a strict policy: nothing inline, not even a font.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    // What the styles use (light-dark, popovers, nesting in nothing): not to be written down for older browsers.
    cssTarget: ["chrome125", "firefox128", "safari17.5"],
    rolldownOptions: {
      input: { index: "index.html", [WORKER]: "src/worker/service_worker.ts" },
      output: {
        // What the page begins with comes in one file, what its first room needs in a second, not in the many that rooms share.
        codeSplitting: {
          groups: [
            { name: "shell", tags: ["$initial"], test: (id) => !id.includes("/worker/") },
            { name: "shared", test: SHARED, minShareCount: 2 },
            { name: "room", test: isFirstRoom },
          ],
        },
        entryFileNames: ({ name }) => (name === WORKER ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
  server: {
    proxy: {
      "/api": { target: HUB, ws: true, changeOrigin: true, headers: { origin: HUB } },
    },
  },
}));
