// @vitest-environment node
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

/** What all files of the ballot page may weigh together, compressed. */
const BUDGET_BYTES = 60 * 1024;
/** The server's own test keeps the page itself, with twenty ideas and not compressed, below this. */
const PAGE_BYTES = 20 * 1024;

test("the ballot's files and its page together stay within 60 KiB", async () => {
  const built = (await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      assetsInlineLimit: 0,
      rolldownOptions: { input: join(import.meta.dirname, "vote.ts") },
    },
  })) as Rolldown.RolldownOutput;

  const needed = built.output.filter(({ fileName }) => !fileName.includes("italic"));
  const files = needed.map((file) => [file.fileName, weight(file)] as const);
  const kinds = new Set(files.map(([name]) => name.split(".").at(-1)));
  expect(kinds).toEqual(new Set(["js", "css", "woff2"]));
  const total = files.reduce((sum, [, bytes]) => sum + bytes, 0);
  expect(total + PAGE_BYTES).toBeLessThanOrEqual(BUDGET_BYTES);
}, 30_000);

/** Fonts are compressed already, and are sent as they are. */
function weight(file: Rolldown.OutputChunk | Rolldown.OutputAsset): number {
  const bytes = Buffer.from(file.type === "chunk" ? file.code : file.source);
  return file.fileName.endsWith(".woff2") ? bytes.length : brotliCompressSync(bytes).length;
}
