import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = import.meta.dirname;

/** What the client is made of; the build id is its hash, so that equal sources give an equal id. */
const SOURCES = ["src", "messages", "public", "index.html", "phone.html", "package-lock.json"];

const BUILD = buildId();

/** The pages of the client, and the script of the ballot page that the server writes. */
const ENTRIES = ["index.html", "phone.html", "src/features/vote/vote.ts"];

export default defineConfig(({ command }) => ({
  plugins: [svelte(), svelteTesting(), buildFile()],
  // While developing, the client changes by the minute: it fits every server.
  define: { __BUILD__: JSON.stringify(command === "build" ? BUILD : "dev") },
  build: {
    target: "es2022",
    // The content security policy allows no inline script and no data: font.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ENTRIES.map((entry) => join(here, entry)),
      output: {
        // The server's ballot page names these two by hand.
        entryFileNames: (chunk) =>
          chunk.name === "vote" ? "assets/vote.js" : "assets/[name]-[hash].js",
        assetFileNames: (asset) =>
          asset.names.includes("vote.css") ? "assets/vote.css" : "assets/[name]-[hash][extname]",
      },
    },
  },
  server: {
    proxy: {
      "/api": "http://127.0.0.1:8080",
      "/sync": { target: "http://127.0.0.1:8080", ws: true },
    },
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/app/testSetup.ts"],
    include: ["src/**/*.test.ts"],
  },
}));

/** Writes `build.txt`, by which the server knows which client it carries. */
function buildFile(): Plugin {
  return {
    name: "hartslag-build-file",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "build.txt", source: BUILD });
    },
  };
}

function buildId(): string {
  const hash = createHash("sha256");
  for (const source of SOURCES.map((name) => join(here, name))) {
    const inside = statSync(source).isDirectory()
      ? readdirSync(source, { recursive: true, encoding: "utf8" }).sort()
      : [""];
    for (const file of inside.map((name) => join(source, name))) {
      if (statSync(file).isFile()) hash.update(file.slice(here.length)).update(readFileSync(file));
    }
  }
  return hash.digest("hex").slice(0, 12);
}
