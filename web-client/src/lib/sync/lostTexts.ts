/** What people wrote that the room did not take over, so that they can be shown it and copy it. */

import type * as Y from "yjs";

/** Fields that hold words of people, rather than identifiers, kinds or places. */
const WORDS = new Set([
  "title",
  "text",
  "name",
  "summary",
  "quote",
  "description",
  "situation",
  "reason",
  "goal",
  "customerGoal",
  "desiredSummary",
  "expectedEffect",
]);

/** More would fill the screen. */
const MOST_SHOWN = 20;

/** Every text of a document, by the place where it stands. */
export function textsOf(doc: Y.Doc): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const root of doc.share.keys()) {
    gather(doc.getMap(root).toJSON(), root, texts);
  }
  return texts;
}

/** The texts that stood in one document and stand differently, or not at all, in the other. */
export function lostTexts(before: ReadonlyMap<string, string>, after: Y.Doc): readonly string[] {
  const kept = textsOf(after);
  return [...before]
    .filter(([place, text]) => text.trim() !== "" && kept.get(place) !== text)
    .map(([, text]) => text)
    .slice(0, MOST_SHOWN);
}

function gather(value: unknown, place: string, texts: Map<string, string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const there = `${place}/${key}`;
    if (typeof inner !== "string") gather(inner, there, texts);
    else if (WORDS.has(key)) texts.set(there, inner);
  }
}
