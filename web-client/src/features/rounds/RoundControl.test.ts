import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import * as Y from "yjs";
import { Board } from "../../lib/board/board.ts";
import type { NoteKind } from "../../lib/board/schema.ts";
import type { Participant, Role, Round } from "../../lib/protocol/generated.ts";
import RoundControl from "./RoundControl.svelte";
import type { NewRound } from "./roundsApi.ts";
import { revealed, roundOf } from "./testing/rounds.ts";

const api = {
  open: vi.fn(async (_round: NewRound) => {}),
  close: vi.fn(async () => {}),
  reveal: vi.fn(async () => {}),
};

beforeEach(() => vi.clearAllMocks());

test("a coach starts a round on all ideas with the advised budget", async () => {
  const { board } = show("coach", []);

  await press("Stemronde starten");
  await press("Start de stemronde");

  const ideas = board.notes.all.filter(({ kind }) => kind === "idea").map(({ id }) => id);
  expect(api.open).toHaveBeenCalledWith({
    title: "Welke ideeën pakken we op?",
    notes: ideas,
    budget: 2,
    cap: 1,
    onlyPresent: false,
  });
});

test("r13 a round can be for who is here already, and its result says so", async () => {
  show("coach", []);

  await press("Stemronde starten");
  await userEvent.click(screen.getByRole("checkbox", { name: "Alleen wie er nu al is stemt mee" }));
  await press("Start de stemronde");

  expect(api.open.mock.calls[0]?.[0]).toMatchObject({ onlyPresent: true });
});

test("a phase is chosen or left out as a whole, and numbers stay within their bounds", async () => {
  show("coach", []);

  await press("Stemronde starten");
  await userEvent.click(screen.getByRole("checkbox", { name: "Alles in Aanvragen" }));
  for (let times = 0; times < 3; times++) await press("Stemmen per persoon: meer");
  await press("Start de stemronde");

  expect(api.open.mock.calls[0]?.[0]).toMatchObject({ budget: 5, cap: 3 });
  expect(api.open.mock.calls[0]?.[0].notes).toHaveLength(3);
});

test("a round of fewer than two ideas does not start, and says why", async () => {
  show("coach", []);

  await press("Stemronde starten");
  await userEvent.click(screen.getByRole("checkbox", { name: "Alle ideeën" }));
  await press("Start de stemronde");

  expect(screen.getByRole("alert").textContent).toBe("Kies ten minste 2 ideeën.");
  expect(api.open).not.toHaveBeenCalled();
});

test("r6 while people vote a coach sees how many answered, closes and reveals", async () => {
  show("coach", [roundOf("r1", ["a", "b"])], { r1: 9 });

  await press(/Stemronde: 9 gestemd/);
  expect(screen.getByText("9 mensen hebben gestemd")).toBeTruthy();
  await press("Sluit de ronde");
  expect(api.close).toHaveBeenCalledWith("r1");
  await press("Sluit en toon de uitslag");
  expect(api.reveal).toHaveBeenCalledWith("r1");
});

test("r7 the result shows ties, and a coach can put them to the vote again", async () => {
  show("coach", [revealed("r1", { n1: 3, n2: 2, n3: 2 })]);

  await press("Uitslag");

  const dialog = within(screen.getByRole("dialog"));
  expect(dialog.getAllByText("gedeeld tweede")).toHaveLength(2);
  expect(dialog.getByText("3 stemmen")).toBeTruthy();
  expect(dialog.getByRole("button", { name: "Stem opnieuw over deze 2" })).toBeTruthy();
});

test("r9 a participant is led to the ballot", () => {
  show("participant", [roundOf("r1", ["a", "b"])]);

  const link = screen.getByRole("link", { name: "Stem mee" });
  expect(link.getAttribute("href")).toBe("/rooms/r/vote");
});

test("r9 an observer has no ballot", () => {
  show("observer", [roundOf("r1", ["a", "b"])]);

  expect(screen.queryByRole("link")).toBeNull();
  expect(screen.queryByRole("button")).toBeNull();
});

async function press(name: string | RegExp): Promise<void> {
  await userEvent.click(screen.getByRole("button", { name }));
}

function show(
  role: Role,
  rounds: readonly Round[],
  answered: Record<string, number> = {},
): { board: Board } {
  const board = boardWithNotes();
  const connection = {
    room: "r",
    me: { participant: "p1", role },
    rounds,
    answered,
    participants: [] as Participant[],
  };
  render(RoundControl, { connection, board, api });
  return { board };
}

/** Five ideas in two phases, and a question. */
function boardWithNotes(): Board {
  const board = new Board(new Y.Doc());
  const author = { id: "p1", municipality: "Duinrade" };
  const [first, second] = [board.phases.add("Aanvragen"), board.phases.add("Wachten")];
  const add = (phase: string, kind: NoteKind, texts: string[]): string[] =>
    board.notes.add({ phase, touchpoint: null }, kind, texts, author, 0);
  add(first, "idea", ["een", "twee"]);
  add(second, "idea", ["drie", "vier", "vijf"]);
  add(second, "question", ["wie?"]);
  return board;
}
