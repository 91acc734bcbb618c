import { expect, test } from "vitest";
import type { BoardMode, Role } from "../protocol/generated.ts";
import { rightsOf } from "./rights.ts";
import type { Note } from "./schema.ts";

const note = (author: string | null) => ({ author }) as Note;

/** Structure, content, notes, own note, other's note, note without author. */
const TABLE: readonly (readonly [Role, BoardMode, string])[] = [
  ["observer", "open", "------"],
  ["voter", "open", "------"],
  ["participant", "open", "-yyy--"],
  ["participant", "notes", "--yy--"],
  ["participant", "locked", "------"],
  ["coach", "open", "yyyyyy"],
  ["coach", "notes", "yyyyyy"],
  ["coach", "locked", "yyyyyy"],
];

test.each(TABLE)("p1 to p5: a %s on a board that is %s may %s", (role, mode, expected) => {
  const rights = rightsOf(role, "me", () => mode);

  const may = [
    rights.structure,
    rights.content,
    rights.notes,
    ...["me", "other", null].map((author) => rights.ownsNote(note(author))),
  ];

  expect(may.map((one) => (one ? "y" : "-")).join("")).toBe(expected);
});

test("rights follow the board mode, also what can be taken back", () => {
  let mode: BoardMode = "open";
  const rights = rightsOf("participant", "me", () => mode);
  expect([rights.may("setScore"), rights.may("addNote"), rights.may("addPhase")]).toEqual([
    true,
    true,
    false,
  ]);

  mode = "notes";
  expect([rights.may("setScore"), rights.may("addNote")]).toEqual([false, true]);

  mode = "locked";
  expect(rights.may("addNote")).toBe(false);
});
