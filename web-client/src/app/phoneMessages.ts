/** Brings the texts of the pages for phones, and no others: those pages must stay small. */

import { addMessages, type Language } from "../lib/i18n/messages.svelte.ts";

const files = import.meta.glob<Record<string, string>>(
  "../../messages/*/{common,join,sync,phone,rounds,timer}.json",
  { eager: true, import: "default" },
);

for (const [path, messages] of Object.entries(files)) {
  const language = path.split("/").at(-2) as Language;
  addMessages(language, messages);
}
