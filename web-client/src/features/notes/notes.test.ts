import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as Y from "yjs";
import { Board } from "../../lib/board/board.ts";
import { gridOf } from "../../lib/board/grid.ts";
import { rightsOf } from "../../lib/board/rights.ts";
import type { Note } from "../../lib/board/schema.ts";
import type { Role } from "../../lib/protocol/generated.ts";
import NoteCell from "./NoteCell.svelte";
import { NoteDesk } from "./noteDesk.svelte.ts";
import { columnWord } from "./places.ts";

const AUTHOR = { id: "p1", municipality: "Breda" };
let board: Board;
let phase: string;
let desk: NoteDesk;

beforeEach(() => {
  board = new Board(new Y.Doc());
  phase = board.phases.add("Wachten");
});

describe("a note", () => {
  test("says its kind, its text, where its author is from, and its votes", () => {
    addNote("Bel terug");
    renderCell("coach", 3);

    const card = screen.getByRole("listitem", { name: "Idee: Bel terug" });
    expect(card.textContent).toContain("Breda");
    expect(screen.getByRole("img", { name: "3 stemmen" })).toBeTruthy();
  });

  test("is rewritten in place by its author", async () => {
    const note = addNote("Bel terug");
    renderCell("participant");

    await userEvent.click(screen.getByRole("button", { name: /bewerken: Bel terug/ }));
    await userEvent.keyboard("Bel altijd terug{Enter}");

    expect(board.notes.get(note)?.text).toBe("Bel altijd terug");
  });

  test("is left as it was by Escape", async () => {
    const note = addNote("Bel terug");
    renderCell("participant");

    await userEvent.click(screen.getByRole("button", { name: /bewerken: Bel terug/ }));
    await userEvent.keyboard("Iets anders{Escape}");

    expect(board.notes.get(note)?.text).toBe("Bel terug");
  });

  test("keeps both what is typed in it and what others save in it meanwhile", async () => {
    const note = addNote("bomen");
    const { rerender } = renderCell("participant");
    await userEvent.click(screen.getByRole("button", { name: /bewerken: bomen/ }));
    await userEvent.keyboard("meer bomen");

    board.notes.edit(note, "bomen, graag", "bomen");
    await rerender({ notes: board.notes.at({ phase, touchpoint: null }) });
    await userEvent.keyboard("{Enter}");

    expect(board.notes.get(note)?.text).toBe("meer bomen, graag");
  });

  test("of someone else offers a participant nothing to change", () => {
    addNote("Van een ander", "p2");
    renderCell("participant");

    expect(screen.queryByRole("button", { name: /Van een ander/ })).toBeNull();
  });

  test("moves by keys: taken up, led to another column, put down", async () => {
    const touchpoint = board.touchpoints.add(phase, "current", "Hoort niets");
    const note = addNote("Bel terug");
    renderCell("coach");

    screen.getByRole("listitem", { name: "Idee: Bel terug" }).focus();
    await userEvent.keyboard(" {ArrowLeft} ");

    expect(board.notes.get(note)?.touchpoint).toBe(touchpoint);
  });

  test("that is put back by Escape stays where it was", async () => {
    board.touchpoints.add(phase, "current", "Hoort niets");
    const note = addNote("Bel terug");
    renderCell("coach");

    screen.getByRole("listitem", { name: "Idee: Bel terug" }).focus();
    await userEvent.keyboard(" {ArrowLeft}{Escape}");

    expect(board.notes.get(note)?.touchpoint).toBeNull();
    expect(desk.carried).toBeNull();
  });
});

describe("writing notes", () => {
  test("Enter places a note and leaves the field ready for the next", async () => {
    renderCell("participant");

    await userEvent.click(screen.getByRole("button", { name: /Idee toevoegen/ }));
    await userEvent.keyboard("Een{Enter}Twee{Shift>}{Enter}{/Shift}regels{Enter}");

    expect(texts()).toEqual(["Een", "Twee\nregels"]);
    expect(screen.getByRole("textbox")).toBe(document.activeElement);
  });

  test("pasting several lines offers a note for each", async () => {
    renderCell("participant");

    await userEvent.click(screen.getByRole("button", { name: /Idee toevoegen/ }));
    await userEvent.paste("- Een\n- Twee\n\n- Drie");
    await userEvent.click(screen.getByRole("button", { name: "Maak 3 briefjes" }));

    expect(texts()).toEqual(["Een", "Twee", "Drie"]);
  });

  test("who looks on is offered no field", () => {
    renderCell("observer");

    expect(screen.queryByRole("button")).toBeNull();
  });
});

test("a full cell shows six notes and offers the rest", async () => {
  for (let number = 1; number <= 15; number++) addNote(`Idee ${number}`);
  renderCell("coach");

  expect(screen.getAllByRole("listitem")).toHaveLength(6);
  await userEvent.click(screen.getByRole("button", { name: "+ 9 meer" }));

  expect(desk.expanded).toBe(phase);
});

function addNote(text: string, author = "p1"): string {
  const spot = { phase, touchpoint: null };
  const [id = ""] = board.notes.add(spot, "idea", [text], { ...AUTHOR, id: author }, 1);
  return id;
}

function texts(): string[] {
  return board.notes.all.map((note: Note) => note.text);
}

function renderCell(role: Role, votes: number | null = null) {
  desk = new NoteDesk({
    board,
    rights: rightsOf(role, "p1"),
    author: AUTHOR,
    grid: () => gridOf(board, "current"),
    view: () => "current",
    votes: () => votes,
    focusNote: vi.fn(),
  });
  const grid = gridOf(board, "current");
  const column = grid.columns.find(({ id }) => id === phase) ?? grid.columns[0];
  if (!column) throw new Error("the board has no column");
  return render(NoteCell, {
    column,
    notes: grid.notes.get(phase) ?? [],
    place: columnWord(column, "current"),
    desk,
    onleave: vi.fn(),
  });
}
