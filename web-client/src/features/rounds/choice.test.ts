import { expect, test } from "vitest";
import type { Note, Phase } from "../../lib/board/schema.ts";
import { advisedBudget, choices, matches, usualCap } from "./choice.ts";

test("the advice is the root of the number of notes, from two to seven", () => {
  expect([1, 4, 14, 24, 60].map(advisedBudget)).toEqual([2, 2, 4, 5, 7]);
});

test("the usual cap leaves votes for a second idea where there are any", () => {
  expect([1, 2, 3, 5, 7].map(usualCap)).toEqual([1, 1, 2, 3, 3]);
});

test("notes are grouped by phase in order, and those of a lost phase come last", () => {
  const phases = [{ id: "p1" }, { id: "p2" }, { id: "p3" }] as Phase[];
  const notes = [note("a", "p2"), note("b", "gone"), note("c", "p1"), note("d", "p2", "question")];

  const found = choices(phases, notes, ({ kind }) => kind === "idea");

  const seen = found.map(({ phase, notes }) => [phase?.id, notes.map(({ id }) => id)]);
  expect(seen).toEqual([
    ["p1", ["c"]],
    ["p2", ["a"]],
    [undefined, ["b"]],
  ]);
});

test("a search finds notes with all of its words", () => {
  expect(matches("Statusmail elke twee weken", "mail  TWEE")).toBe(true);
  expect(matches("Statusmail elke twee weken", "mail dag")).toBe(false);
  expect(matches("wat ook", "")).toBe(true);
});

function note(id: string, phase: string, kind = "idea"): Note {
  return { id, phase, kind } as Note;
}
