/** The texts of the interface in the language that the visitor chose. */

import type { Message, MessageKey } from "./catalog.ts";

export type { MessageKey } from "./catalog.ts";

export type Language = "nl" | "en";

export const LANGUAGES: readonly Language[] = ["nl", "en"];

/** What a text's `{placeholders}` stand for; `count` also chooses the plural. */
export type MessageValues = Readonly<Record<string, string | number>>;

type Texts = Partial<Record<string, Message>>;

const STORAGE_KEY = "hartslag.language";

const texts: Record<Language, Texts> = { nl: {}, en: {} };
const plurals = { nl: new Intl.PluralRules("nl"), en: new Intl.PluralRules("en") };
let current = $state<Language>("nl");

/** Makes texts available; each page brings those of the features that it shows. */
export function addMessages(language: Language, more: Texts): void {
  Object.assign(texts[language], more);
}

/** The language of the interface; reading it in a component follows it. */
export function language(): Language {
  return current;
}

/** Chooses the language, for this visit and the next. */
export function chooseLanguage(choice: Language): void {
  current = choice;
  document.documentElement.lang = choice;
  try {
    localStorage.setItem(STORAGE_KEY, choice);
  } catch {
    // Storage may be switched off; the choice then lasts for this visit.
  }
}

/** Takes up the language of the last visit, Dutch at first. */
export function restoreLanguage(): void {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(STORAGE_KEY);
  } catch {
    // Storage may be switched off.
  }
  chooseLanguage(LANGUAGES.find((known) => known === stored) ?? "nl");
}

/** Whether there is a text of this name. */
export function hasMessage(key: string): key is MessageKey {
  return key in texts.nl;
}

/** The text in the current language, with its placeholders filled in. */
export function t(key: MessageKey, values: MessageValues = {}): string {
  const message = texts[current][key] ?? texts.nl[key] ?? key;
  const text = typeof message === "string" ? message : plural(message, Number(values.count));
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    name in values ? String(values[name]) : placeholder,
  );
}

function plural(forms: { one: string; other: string }, count: number): string {
  return plurals[current].select(count) === "one" ? forms.one : forms.other;
}
