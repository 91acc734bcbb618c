import { expect, test } from "vitest";
import { clip, rebasedEdit, smallestEdit } from "./text.ts";

test.each([
  ["trees", "more trees", { start: 0, removed: 0, inserted: "more " }],
  ["aaa", "aa", { start: 2, removed: 1, inserted: "" }],
  ["same", "same", { start: 4, removed: 0, inserted: "" }],
])("%s becomes %s by one edit", (before, after, edit) => {
  expect(smallestEdit(before, after)).toEqual(edit);
});

test.each([
  ["😀", "😁"],
  ["a😀b", "a🙀b"],
  ["😀😀", "😀"],
])("the edit from %s to %s cuts no surrogate pair", (before, after) => {
  const { start, removed, inserted } = smallestEdit(before, after);

  expect(before.slice(0, start) + inserted + before.slice(start + removed)).toBe(after);
  expect(before.slice(0, start)).not.toMatch(/[\uD800-\uDBFF]$/);
  expect(before.slice(start + removed)).not.toMatch(/^[\uDC00-\uDFFF]/);
});

test("a text is cut before a surrogate pair that does not fit", () => {
  expect(clip("ab😀", 3)).toBe("ab");
});

test.each([
  ["bomen", "meer bomen", "bomen, graag", "meer bomen, graag"],
  ["bomen", "bomen, graag", "meer bomen", "meer bomen, graag"],
  ["bomen", "struiken", "planten", "struiken"],
  ["bomen", "bomen", "planten", "planten"],
])("%s, by me %s and by another %s, becomes %s", (base, mine, current, merged) => {
  const { start, removed, inserted } = rebasedEdit(base, mine, current);

  expect(current.slice(0, start) + inserted + current.slice(start + removed)).toBe(merged);
});
