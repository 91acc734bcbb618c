/** Writes text that people edit together with edits as small as they can be. */

import * as Y from "yjs";

/** One contiguous replacement in a text. */
export interface TextEdit {
  start: number;
  removed: number;
  inserted: string;
}

/**
 * The one contiguous replacement that turns `before` into `after`.
 *
 * It never cuts a surrogate pair in two: Yjs would store each half as U+FFFD.
 */
export function smallestEdit(before: string, after: string): TextEdit {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  if (/[\uD800-\uDBFF]/.test(before.charAt(start - 1))) start--;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  if (/[\uDC00-\uDFFF]/.test(before.charAt(before.length - end))) end--;
  return {
    start,
    removed: before.length - start - end,
    inserted: after.slice(start, after.length - end),
  };
}

/**
 * Where the edit from `base` to `mine` falls in `current`, which others made of `base`.
 *
 * Where both changed the same stretch, mine stands.
 */
export function rebasedEdit(base: string, mine: string, current: string): TextEdit {
  const edit = smallestEdit(base, mine);
  const other = smallestEdit(base, current);
  if (edit.start + edit.removed <= other.start) return edit;
  if (other.start + other.removed <= edit.start) {
    return { ...edit, start: edit.start + other.inserted.length - other.removed };
  }
  return smallestEdit(current, mine);
}

/** Makes the text at `key`, which read `base` when the writer began, read `text`; keeps what others wrote elsewhere in it. */
export function writeText(fields: Y.Map<unknown>, key: string, text: string, base: string): void {
  const value = fields.get(key);
  if (!(value instanceof Y.Text)) {
    fields.set(key, new Y.Text(text));
    return;
  }
  const { start, removed, inserted } = rebasedEdit(base, text, value.toString());
  if (removed > 0) value.delete(start, removed);
  if (inserted) value.insert(start, inserted);
}

/** `text` cut to at most `limit` UTF-16 units, never inside a surrogate pair. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, "");
}
