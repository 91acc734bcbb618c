import { beforeEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { Board } from "./board.ts";
import { gridOf } from "./grid.ts";
import { exchangeUpdates } from "./testing/exchange.ts";

const AUTHOR = { id: "p1", municipality: "Breda" };
let here: Y.Doc;
let there: Y.Doc;
let mine: Board;
let yours: Board;
let phase: string;

beforeEach(() => {
  [here, there] = [new Y.Doc(), new Y.Doc()];
  [mine, yours] = [new Board(here), new Board(there)];
  phase = mine.phases.add("Wachten");
  exchangeUpdates(here, there);
});

describe("the board of two people", () => {
  test("phases that both add converge in one order", () => {
    mine.phases.add("Aanvragen");
    yours.phases.add("Afronden");
    exchangeUpdates(here, there);

    const titles = mine.phases.all.map(({ title }) => title);
    expect(titles).toHaveLength(3);
    expect(yours.phases.all.map(({ title }) => title)).toEqual(titles);
  });

  test("rewriting different ends of a note keeps both edits", () => {
    const [note = ""] = mine.notes.add({ phase, touchpoint: null }, "idea", ["bomen"], AUTHOR, 1);
    exchangeUpdates(here, there);

    mine.notes.edit(note, "meer bomen", "bomen");
    yours.notes.edit(note, "bomen, graag", "bomen");
    exchangeUpdates(here, there);

    expect(mine.notes.get(note)?.text).toBe("meer bomen, graag");
    expect(yours.notes.get(note)).toEqual(mine.notes.get(note));
  });

  test("undo takes back one's own last action and leaves those of others", () => {
    const [own = ""] = mine.notes.add({ phase, touchpoint: null }, "idea", ["van mij"], AUTHOR, 1);
    exchangeUpdates(here, there);
    const [other = ""] = yours.notes.add(
      { phase, touchpoint: null },
      "idea",
      ["van jou"],
      AUTHOR,
      2,
    );
    exchangeUpdates(here, there);

    expect(mine.history.undoable).toBe("addNote");
    expect(mine.history.undo()).toEqual({ action: "addNote", changed: true });

    expect([...mine.notes.byId.keys()]).toEqual([other]);
    expect(mine.history.redoable).toBe("addNote");
    expect(mine.history.redo()).toEqual({ action: "addNote", changed: true });
    expect(mine.notes.get(own)?.text).toBe("van mij");
  });

  test("undo does not revert a later change of someone else to the same field", () => {
    mine.phases.rename(phase, "Wachttijd");
    exchangeUpdates(here, there);
    yours.phases.rename(phase, "Stilte");
    exchangeUpdates(here, there);

    expect(mine.history.undo()).toEqual({ action: "renamePhase", changed: false });

    expect(mine.phases.get(phase)?.title).toBe("Stilte");
  });

  test("a deleted note comes back whole", () => {
    const [note = ""] = mine.notes.add(
      { phase, touchpoint: null },
      "question",
      ["Waarom?"],
      AUTHOR,
      5,
    );
    const before = mine.notes.get(note);

    mine.notes.remove(note);
    mine.history.undo();

    expect(mine.notes.get(note)).toEqual(before);
  });

  test("a change of one note leaves the others as they were", () => {
    const [one = "", two = ""] = mine.notes.add(
      { phase, touchpoint: null },
      "idea",
      ["a", "b"],
      AUTHOR,
      1,
    );
    const untouched = mine.notes.get(two);

    mine.notes.setKind(one, "compliment");

    expect(mine.notes.get(one)?.kind).toBe("compliment");
    expect(mine.notes.get(two)).toBe(untouched);
  });
});

describe("deleting", () => {
  test("b2_a touchpoint takes its scores along and leaves quotes, pain points and notes", () => {
    const touchpoint = mine.touchpoints.add(phase, "current", "Hoort niets");
    const persona = mine.personas.add("Farah");
    mine.scores.set(touchpoint, persona, -2);
    const quote = mine.quotes.add(touchpoint, "Gaat het door?");
    const pain = mine.painPoints.add(touchpoint, "Geen bericht");
    const [note = ""] = mine.notes.add({ phase, touchpoint }, "idea", ["Statusbalk"], AUTHOR, 1);

    mine.deleteTouchpoint(touchpoint);

    expect(mine.touchpoints.get(touchpoint)).toBeUndefined();
    expect(mine.scores.byId.size).toBe(0);
    expect(mine.quotes.at(null).map(({ id }) => id)).toEqual([quote]);
    expect(mine.painPoints.at(null).map(({ id }) => id)).toEqual([pain]);
    expect(mine.notes.get(note)).toMatchObject({ phase, touchpoint: null });

    mine.history.undo();
    expect(mine.scores.of(touchpoint, persona)).toBe(-2);
    expect(mine.notes.get(note)?.touchpoint).toBe(touchpoint);
  });

  test("b2_a phase with a note in it is not deleted", () => {
    mine.notes.add({ phase, touchpoint: null }, "idea", ["Statusbalk"], AUTHOR, 1);

    mine.deletePhase(phase);

    expect(mine.isEmpty(phase)).toBe(false);
    expect(mine.phases.get(phase)).toBeDefined();
  });

  test("b2_a phase can be deleted once its content moved to another", () => {
    const other = mine.phases.add("Afronden");
    const touchpoint = mine.touchpoints.add(phase, "current", "Hoort niets");
    const [note = ""] = mine.notes.add({ phase, touchpoint }, "idea", ["Statusbalk"], AUTHOR, 1);

    mine.mergePhase(phase, other);

    expect(mine.phases.all.map(({ id }) => id)).toEqual([other]);
    expect(mine.touchpoints.in(other, "current").map(({ id }) => id)).toEqual([touchpoint]);
    expect(mine.notes.get(note)).toMatchObject({ phase: other, touchpoint });
  });

  test("a note written in a phase that someone deletes stays in sight", () => {
    yours.deletePhase(phase);
    const [note = ""] = mine.notes.add({ phase, touchpoint: null }, "idea", ["Blijft"], AUTHOR, 1);
    exchangeUpdates(here, there);

    const grid = gridOf(yours, "current");

    expect(grid.phases.map(({ missing }) => missing)).toEqual([true]);
    expect(grid.notes.get(phase)?.map(({ id }) => id)).toEqual([note]);
  });
});

describe("reading", () => {
  test("malformed values are skipped or take their default", () => {
    here.getMap("notes").set("broken", "no map");
    here.getMap("notes").set("homeless", new Y.Map([["text", "nergens"]]));
    here.getMap("notes").set(
      "odd",
      new Y.Map<unknown>([
        ["phase", phase],
        ["kind", 7],
        ["order", "!"],
      ]),
    );
    here.getMap("scores").set(
      "odd",
      new Y.Map<unknown>([
        ["touchpoint", "t"],
        ["persona", "p"],
        ["value", 9],
      ]),
    );

    expect(mine.notes.all).toEqual([
      expect.objectContaining({ id: "odd", kind: "idea", order: "V", text: "", touchpoint: null }),
    ]);
    expect(mine.scores.byId.size).toBe(0);
  });

  test("b4_a phase without touchpoints is one column", () => {
    const grid = gridOf(mine, "current");

    expect(grid.columns.map(({ id, current }) => [id, current])).toEqual([[phase, null]]);
  });

  test("both layers share the column of a touchpoint, and an added one stands after it", () => {
    const touchpoint = mine.touchpoints.add(phase, "current", "Hoort niets");
    const answer = mine.touchpoints.add(phase, "desired", "Volgt de aanvraag");
    mine.touchpoints.change(answer, { origin: touchpoint });
    const added = mine.touchpoints.add(phase, "desired", "Wordt gebeld");

    const grid = gridOf(mine, "both");

    expect(grid.columns.map((column) => [column.current?.id, column.desired?.id])).toEqual([
      [touchpoint, answer],
      [undefined, added],
    ]);
  });
});
