/** Brings every text there is: for the pages that show the whole product, and for tests. */

import { addMessages, type Language } from "../lib/i18n/messages.svelte.ts";

const files = import.meta.glob<Record<string, string>>("../../messages/*/*.json", {
  eager: true,
  import: "default",
});

for (const [path, messages] of Object.entries(files)) {
  const language = path.split("/").at(-2) as Language;
  addMessages(language, messages);
}
