import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { addMessages, chooseLanguage, type MessageKey, t } from "./messages.svelte.ts";

const MESSAGES = join(import.meta.dirname, "../../../messages");
const areas = readdirSync(join(MESSAGES, "nl"));

afterEach(() => chooseLanguage("nl"));

test.each(areas)("%s has every text in both languages, with the same placeholders", (area) => {
  const [dutch, english] = [texts("nl", area), texts("en", area)];

  expect(Object.keys(english).sort()).toEqual(Object.keys(dutch).sort());
  for (const [key, text] of Object.entries(dutch)) {
    expect([key, placeholders(english[key])]).toEqual([key, placeholders(text)]);
  }
});

test("a count chooses the plural, and the language how", () => {
  addMessages("nl", { "test.apples": { one: "{count} appel", other: "{count} appels" } });
  addMessages("en", { "test.apples": { one: "{count} apple", other: "{count} apples" } });
  const apples = (count: number) => t("test.apples" as MessageKey, { count });

  expect([apples(1), apples(2)]).toEqual(["1 appel", "2 appels"]);
  chooseLanguage("en");
  expect([apples(0), apples(1)]).toEqual(["0 apples", "1 apple"]);
});

test("the choice of language reaches the page and the next visit", () => {
  chooseLanguage("en");

  expect(document.documentElement.lang).toBe("en");
  expect(localStorage.getItem("hartslag.language")).toBe("en");
});

function texts(language: string, area: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(MESSAGES, language, area), "utf8"));
}

function placeholders(message: unknown): string[] {
  return [...new Set(JSON.stringify(message ?? "").match(/\{\w+\}/g) ?? [])].sort();
}
