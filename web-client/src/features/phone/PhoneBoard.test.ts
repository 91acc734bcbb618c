import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import * as Y from "yjs";
import { Board } from "../../lib/board/board.ts";
import type { RoomConnection } from "../../lib/sync/roomConnection.svelte.ts";
import PhoneBoard from "./PhoneBoard.svelte";

let board: Board;
let note: string;

beforeEach(() => {
  board = new Board(new Y.Doc());
  const spot = { phase: board.phases.add("Wachten"), touchpoint: null };
  const author = { id: "p1", municipality: "Breda" };
  [note = ""] = board.notes.add(spot, "idea", ["bomen"], author, 1);
});

test("saving a note keeps what others wrote in it while the sheet was open", async () => {
  render(PhoneBoard, { board, connection: connection({}) });
  await userEvent.click(screen.getByRole("button", { name: /Meer bij bomen/ }));
  await userEvent.click(screen.getByRole("button", { name: "Verander de tekst" }));
  const field = screen.getByRole("textbox", { name: "Tekst" });
  await userEvent.clear(field);
  await userEvent.type(field, "meer bomen");

  board.notes.edit(note, "bomen, graag", "bomen");
  await userEvent.click(screen.getByRole("button", { name: "Bewaar" }));

  expect(board.notes.get(note)?.text).toBe("meer bomen, graag");
});

test("h14_who_is_sent_away places nothing, is told why, and keeps the text", async () => {
  const { rerender } = render(PhoneBoard, { board, connection: connection({}) });
  await userEvent.click(screen.getByRole("button", { name: "Nieuw idee" }));
  await userEvent.type(screen.getByRole("textbox", { name: "Tekst" }), "struiken");

  await rerender({ connection: connection({ stopped: "sentAway", canEdit: false }) });
  await userEvent.click(screen.getByRole("button", { name: "Plaats" }));

  expect(board.notes.all).toHaveLength(1);
  const sheet = within(screen.getByRole("dialog"));
  expect(sheet.getByText(/De coach heeft dit apparaat weggestuurd.*Je tekst blijft/)).toBeTruthy();
  expect(screen.getByRole<HTMLTextAreaElement>("textbox").value).toBe("struiken");
  const button = screen.getByRole("button", { name: "Nieuw idee" });
  expect(button.hasAttribute("disabled")).toBe(true);
});

function connection(change: Partial<RoomConnection>): RoomConnection {
  const calm = {
    room: "r",
    me: { participant: "p1", role: "participant" },
    rounds: [],
    participants: [],
    boardMode: "open",
    canEdit: true,
    stopped: undefined,
  };
  return { ...calm, ...change } as RoomConnection;
}
