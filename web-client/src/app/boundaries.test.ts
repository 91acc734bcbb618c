/** Holds the direction of imports: app → features → lib, and no feature knows another. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const SOURCE = join(import.meta.dirname, "..");

/** A view that is made of other views. */
const COMPOSED: Readonly<Record<string, readonly string[]>> = {
  board: ["heartbeat", "notes", "presence", "rounds", "timer", "invite"],
  people: ["invite", "presence"],
  phone: ["notes", "rounds", "timer"],
};

test("every module keeps to its layer", () => {
  const broken = sourceFiles().flatMap((file) =>
    importsOf(file)
      .filter((target) => !isAllowed(file, target))
      .map((target) => `${file} imports ${target}`),
  );

  expect(broken).toEqual([]);
});

test("only the board library and the provider know Yjs", () => {
  const allowed = /^(lib\/(board|sync)\/|features\/phone\/outbox)/;

  const broken = sourceFiles().filter(
    (file) =>
      !allowed.test(file) &&
      !file.endsWith(".test.ts") &&
      /from "(yjs|y-protocols)/.test(read(file)),
  );

  expect(broken).toEqual([]);
});

function isAllowed(file: string, target: string): boolean {
  const [layer, part] = file.split("/");
  const [targetLayer, targetPart] = target.split("/");
  if (layer === "app" || targetLayer === "lib" || targetLayer === "..") return true;
  if (layer === "lib" || targetLayer !== "features") return false;
  return part === targetPart || (COMPOSED[part ?? ""]?.includes(targetPart ?? "") ?? false);
}

function importsOf(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) =>
    relative(SOURCE, join(SOURCE, dirname(file), match[1] ?? "")),
  );
}

function read(file: string): string {
  return readFileSync(join(SOURCE, file), "utf8");
}

function sourceFiles(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(ts|svelte)$/.test(file),
  );
}
