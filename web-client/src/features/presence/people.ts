/** How a person is shown: by initials, and in words. */

import { t } from "../../lib/i18n/messages.svelte.ts";
import type { Participant } from "../../lib/protocol/generated.ts";

/** What is shown of a person. */
export type Shown = Pick<Participant, "name" | "municipality" | "colour">;

/** The first letters of the first and last word of a name; those of the municipality without one. */
export function initialsOf({ name, municipality }: Omit<Shown, "colour">): string {
  const words = (name.trim() || municipality.trim()).split(/\s+/).filter((word) => word !== "");
  const [first, last] = [words[0], words.length > 1 ? words.at(-1) : undefined];
  const letters = [first, last].map((word) => (word ? ([...word][0] ?? "") : "")).join("");
  return letters.toUpperCase() || "?";
}

/** Who it is, and from where. */
export function nameOf({ name, municipality }: Omit<Shown, "colour">): string {
  const shown = name.trim() || t("presence.nameless");
  return municipality.trim() ? t("presence.from", { name: shown, municipality }) : shown;
}
