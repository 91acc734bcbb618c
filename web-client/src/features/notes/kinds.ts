/** How each kind of note looks and what it is called. */

import type { LucideProps } from "@lucide/svelte";
import CircleQuestion from "@lucide/svelte/icons/circle-question-mark";
import Heart from "@lucide/svelte/icons/heart";
import Lightbulb from "@lucide/svelte/icons/lightbulb";
import TriangleAlert from "@lucide/svelte/icons/triangle-alert";
import type { Component } from "svelte";
import type { NoteKind } from "../../lib/board/schema.ts";
import { t } from "../../lib/i18n/messages.svelte.ts";

export const KIND_ICONS: Readonly<Record<NoteKind, Component<LucideProps>>> = {
  idea: Lightbulb,
  painPoint: TriangleAlert,
  question: CircleQuestion,
  compliment: Heart,
};

/** The word for a kind. */
export function kindWord(kind: NoteKind): string {
  return t(`notes.kind.${kind}`);
}
