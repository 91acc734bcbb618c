/** What a person was writing: it survives a closed sheet, a reload and an empty battery. */

import { NOTE_KINDS, type NoteKind } from "../../lib/board/schema.ts";

/** A note that was not placed yet. */
export interface Draft {
  readonly kind: NoteKind;
  readonly text: string;
  /** Id of the phase; empty when none was chosen. */
  readonly phase: string;
  /** Id of the touchpoint; empty for the phase as a whole. */
  readonly touchpoint: string;
}

export const NO_DRAFT: Draft = { kind: "idea", text: "", phase: "", touchpoint: "" };

/** Where drafts are kept on the device. */
type Keep = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The draft of a room on this device. */
export function keptDraft(room: string, storage: Keep): Draft {
  try {
    const kept: unknown = JSON.parse(storage.getItem(keyOf(room)) ?? "null");
    return isDraft(kept) ? kept : NO_DRAFT;
  } catch {
    return NO_DRAFT;
  }
}

/** Keeps a draft; one without text is forgotten. */
export function keepDraft(room: string, draft: Draft, storage: Keep): void {
  try {
    if (draft.text.trim() === "") storage.removeItem(keyOf(room));
    else storage.setItem(keyOf(room), JSON.stringify(draft));
  } catch {
    // Without storage the draft lasts as long as the page.
  }
}

function keyOf(room: string): string {
  return `hartslag.draft.${room}`;
}

function isDraft(kept: unknown): kept is Draft {
  if (typeof kept !== "object" || kept === null) return false;
  const { kind, text, phase, touchpoint } = kept as Record<keyof Draft, unknown>;
  const words = [text, phase, touchpoint].every((value) => typeof value === "string");
  return words && NOTE_KINDS.some((known) => known === kind);
}
