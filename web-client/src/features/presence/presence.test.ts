import { expect, test } from "vitest";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import type { Participant } from "../../lib/protocol/generated.ts";
import { OccupiedCells } from "./cells.ts";
import { initialsOf, nameOf } from "./people.ts";

test("others see in which cell someone works, and not their own", () => {
  const [mine, yours] = [new Awareness(new Y.Doc()), new Awareness(new Y.Doc())];
  const [here, there] = [new OccupiedCells(mine), new OccupiedCells(yours)];
  yours.setLocalStateField("participant", "p2");

  there.enter("note/t1");
  applyAwarenessUpdate(mine, encodeAwarenessUpdate(yours, [yours.clientID]), "room");

  expect([...here.byCell]).toEqual([["note/t1", ["p2"]]]);
  expect([...there.byCell]).toEqual([]);
  mine.destroy();
  yours.destroy();
});

test("a state of another make is left out", () => {
  const awareness = new Awareness(new Y.Doc());
  awareness.states.set(7, { participant: 1, cell: "note/t1" });

  expect(new OccupiedCells(awareness).byCell.size).toBe(0);
  awareness.destroy();
});

test.each([
  ["Sanne Bos", "Breda", "SB"],
  ["Bo", "Breda", "B"],
  ["", "Breda", "B"],
  ["", "", "?"],
  ["Anne Marie de Wit", "", "AW"],
])("%s from %s is %s", (name, municipality, initials) => {
  expect(initialsOf(participant(name, municipality))).toBe(initials);
});

test("a person is named with where they are from", () => {
  expect(nameOf(participant("Bo", "Breda"))).toBe("Bo · Breda");
  expect(nameOf(participant("", "Breda"))).toBe("Iemand zonder naam · Breda");
});

function participant(name: string, municipality: string): Participant {
  return { id: "p", name, municipality, role: "participant", colour: 0 };
}
