import { expect, test } from "vitest";
import * as Y from "yjs";
import { note, notesOf } from "./fakeRoom.ts";
import { changeInParts, differenceInParts, PART_BYTES } from "./parts.ts";

const NOTHING = Y.encodeStateVector(new Y.Doc());

test("a small difference goes in one update", () => {
  const doc = new Y.Doc();
  write(doc, "n", "bomen");

  expect(differenceInParts(doc, NOTHING)).toEqual([Y.encodeStateAsUpdate(doc)]);
});

test("30,000 edits of an afternoon offline arrive, each part on those before it", () => {
  const mine = new Y.Doc();
  const text = "Een briefje over de vergunning, bij de balie geschreven en nog niet verstuurd. ";
  for (let count = 0; count < 10_000; count++) {
    write(mine, `n${count}`, `${text.repeat(7)}${count}`);
    textOf(mine, `n${count}`)?.insert(3, " mooi");
    if (count % 3 === 0) mine.getMap("notes").delete(`n${count}`);
    else fieldsOf(mine, `n${count}`)?.set("order", `V${count}`);
  }
  expect(Y.encodeStateAsUpdate(mine).length).toBeGreaterThan(4 * 1024 * 1024);

  const parts = differenceInParts(mine, NOTHING);

  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(2 * PART_BYTES);
  const room = hearAll(parts);
  expect(Y.encodeStateVector(room)).toEqual(Y.encodeStateVector(mine));
  expect(room.getMap("notes").toJSON()).toEqual(mine.getMap("notes").toJSON());
}, 30_000);

test("what two clients wrote in each other's texts goes in the order in which it builds", () => {
  const [one, two] = [new Y.Doc(), new Y.Doc()];
  write(one, "n", "a");
  for (let turn = 0; turn < 3_000; turn++) {
    const [writer, other] = turn % 2 === 0 ? [one, two] : [two, one];
    Y.applyUpdate(writer, Y.encodeStateAsUpdate(other, Y.encodeStateVector(writer)));
    const text = textOf(writer, "n");
    text?.insert((turn * 7919) % text.length, `beurt ${turn} `);
    write(writer, `n${turn}`, "bij de balie ".repeat(4));
  }
  Y.applyUpdate(one, Y.encodeStateAsUpdate(two));

  const parts = differenceInParts(one, NOTHING);

  expect(parts.length).toBeGreaterThan(4);
  expect(textOf(hearAll(parts), "n")?.toString()).toBe(textOf(one, "n")?.toString());
}, 30_000);

test("p3_a note goes in one part with its author", () => {
  const doc = new Y.Doc();
  for (let count = 0; count < 500; count++) write(doc, `n${count}`, "x".repeat(100 + count));

  const parts = differenceInParts(doc, NOTHING);

  const room = new Y.Doc();
  for (const part of parts) {
    Y.applyUpdate(room, part);
    const ids = [...room.getMap("notes").keys()];
    expect(ids.filter((id) => fieldsOf(room, id)?.get("author") !== "p1")).toEqual([]);
  }
  expect(parts.length).toBeGreaterThan(10);
});

test("after a break only the rest goes, and what a room has in part is cut", () => {
  const doc = new Y.Doc();
  for (let count = 0; count < 2_000; count++) write(doc, `n${count}`, "x".repeat(100));
  const room = new Y.Doc();
  const parts = differenceInParts(doc, NOTHING);
  for (const part of parts.slice(0, parts.length - 3)) Y.applyUpdate(room, part);
  textOf(doc, "n1999")?.insert(100, "y".repeat(4 * PART_BYTES));

  const rest = differenceInParts(doc, Y.encodeStateVector(room));

  expect(rest.length).toBeLessThan(6);
  for (const part of rest) Y.applyUpdate(room, part);
  expect(notesOf(room)).toEqual(notesOf(doc));
});

test("a change too large for one message goes in parts", () => {
  const doc = new Y.Doc();
  write(doc, "n", "bomen");
  const room = new Y.Doc();
  Y.applyUpdate(room, Y.encodeStateAsUpdate(doc));
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  doc.transact(() => {
    doc.getMap("notes").delete("n");
    for (let count = 0; count < 2_000; count++) write(doc, `n${count}`, "x".repeat(100));
  });

  const parts = changeInParts(doc, Y.mergeUpdates(updates));

  expect(parts.length).toBeGreaterThan(2);
  for (const part of parts) Y.applyUpdate(room, part);
  expect(room.getMap("notes").toJSON()).toEqual(doc.getMap("notes").toJSON());
});

/** A room that takes each update only where nothing is missing below it, as the server does. */
function hearAll(parts: readonly Uint8Array[]): Y.Doc {
  const room = new Y.Doc();
  for (const part of parts) {
    Y.applyUpdate(room, part);
    expect(room.store.pendingStructs).toBeNull();
    expect(room.store.pendingDs).toBeNull();
  }
  return room;
}

function write(doc: Y.Doc, id: string, text: string): void {
  const fields = note(text);
  fields.set("author", "p1");
  doc.getMap("notes").set(id, fields);
}

function fieldsOf(doc: Y.Doc, id: string): Y.Map<unknown> | undefined {
  const fields = doc.getMap("notes").get(id);
  return fields instanceof Y.Map ? fields : undefined;
}

function textOf(doc: Y.Doc, id: string): Y.Text | undefined {
  const text = fieldsOf(doc, id)?.get("text");
  return text instanceof Y.Text ? text : undefined;
}
