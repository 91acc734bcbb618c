/** B8: what this client writes is never refused for its size, whatever people type or find there. */

import { expect, test } from "vitest";
import * as Y from "yjs";
import golden from "../../../../protocol/fixtures/fields.json";
import { Board } from "./board.ts";

const LONG = "é".repeat(20_000);
const AUTHOR = { id: crypto.randomUUID(), municipality: "x".repeat(60) };

/** What the server admits, by root and field. */
const ROOTS: Readonly<Record<string, { isFlat: boolean; fields: Fields }>> = golden.roots;
type Fields = Readonly<Record<string, { longest: number; values: number } | undefined>>;

test("b8_every writer keeps to the fields that the server admits", () => {
  const doc = new Y.Doc();
  const board = new Board(doc);
  board.details.rename(LONG);
  const phase = board.phases.add(LONG);
  board.phases.rename(phase, LONG);
  board.phases.move(board.phases.add("Wachten", phase), null);
  const touchpoint = board.touchpoints.add(phase, "current", LONG);
  board.touchpoints.add(phase, "desired", LONG);
  board.touchpoints.rename(touchpoint, LONG);
  const details = { channel: "social_media", initiator: "third_party" } as const;
  board.touchpoints.describe(touchpoint, { ...details, emotion: LONG, momentOfTruth: true });
  const persona = board.personas.add(LONG);
  board.personas.rename(persona, LONG);
  board.scores.set(touchpoint, persona, -2);
  for (const remarks of [board.quotes, board.painPoints]) {
    const id = remarks.add(touchpoint, LONG);
    remarks.edit(id, LONG, remarks.get(id)?.text ?? "");
    remarks.attach(id, touchpoint);
  }
  const spot = { phase, touchpoint };
  for (const id of board.notes.add(spot, "compliment", [LONG, LONG], AUTHOR, Date.now())) {
    board.notes.edit(id, LONG, board.notes.get(id)?.text ?? "");
    board.notes.move(id, spot);
  }

  expect(overBounds(doc)).toEqual([]);
});

test("b8_an order key that nothing can follow leaves room for more", () => {
  const doc = new Y.Doc();
  const board = new Board(doc);
  const phase = board.phases.add("Wachten");
  const spot = { phase, touchpoint: null };
  const [first = ""] = board.notes.add(spot, "idea", ["bomen"], AUTHOR, 1);
  board.notes.fields(first)?.set("order", "z".repeat(60_000));

  const ids = board.notes.add(spot, "idea", ["meer bomen", "water"], AUTHOR, 2);
  board.notes.move(ids[1] ?? "", spot, ids[0]);

  board.notes.remove(first);
  expect(overBounds(doc)).toEqual([]);
  expect(board.notes.at(spot).map(({ text }) => text)).toEqual(["water", "meer bomen"]);
});

test("a person who moves a note between equals moves no one else's", () => {
  const doc = new Y.Doc();
  const board = new Board(doc);
  const spot = { phase: board.phases.add("Wachten"), touchpoint: null };
  const others = { id: crypto.randomUUID(), municipality: "Breda" };
  const theirs = board.notes.add(spot, "idea", ["a", "b", "c"], others, 1);
  for (const id of theirs) board.notes.fields(id)?.set("order", "V");
  const [mine = ""] = board.notes.add(spot, "idea", ["d"], AUTHOR, 2);
  board.notes.allow((note) => note.author === AUTHOR.id);

  board.notes.move(mine, spot, theirs[1]);

  expect(theirs.map((id) => board.notes.get(id)?.order)).toEqual(["V", "V", "V"]);
});

test("a board with a whole number that JSON cannot say is kept as a file", () => {
  const doc = new Y.Doc();
  doc.getMap("board").set("asOf", 12n);

  expect(JSON.parse(new Board(doc).copy()).board).toEqual({ asOf: "12" });
});

/** Fields that hold more than the server admits, or that it does not know. */
function overBounds(doc: Y.Doc): string[] {
  const over: string[] = [];
  for (const [root, { isFlat, fields }] of Object.entries(ROOTS)) {
    const content = doc.getMap(root).toJSON();
    const things = isFlat ? { "": content } : content;
    for (const [id, thing] of Object.entries(things)) {
      for (const [key, value] of Object.entries(thing as Record<string, unknown>)) {
        const field = fields[key];
        const fits = field && typeof value !== "object" && String(value).length <= field.longest;
        if (!fits && value !== null) over.push(`${root}/${id}/${key}`);
      }
    }
  }
  return over;
}
