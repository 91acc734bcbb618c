/** The board as columns: touchpoints by phase, and the notes in each, as the chosen layers show them. */

import type { Board } from "./board.ts";
import { groupBy } from "./collection.ts";
import type { Layer, Note, Phase, Touchpoint } from "./schema.ts";

/** Which layers the board shows. */
export type View = Layer | "both";

/** A column: a touchpoint, or the phase as a whole when `current` and `desired` are absent. */
export interface Column {
  readonly id: string;
  readonly phase: string;
  readonly current: Touchpoint | null;
  readonly desired: Touchpoint | null;
}

/** A phase with its columns; there is always at least one (B4). */
export interface PhaseColumns {
  readonly phase: Phase;
  /** Whether the phase was deleted while someone worked in it. */
  readonly missing: boolean;
  readonly columns: readonly Column[];
}

export interface Grid {
  readonly phases: readonly PhaseColumns[];
  /** Every column, in order. */
  readonly columns: readonly Column[];
  /** Notes by the id of the column that shows them; every note is in one. */
  readonly notes: ReadonlyMap<string, readonly Note[]>;
}

/** The touchpoint that a column is named after. */
export function titleOf(column: Column, view: View): Touchpoint | null {
  return view === "desired" ? column.desired : (column.current ?? column.desired);
}

/** The touchpoint at which a column's quotes, pain points and notes hang. */
export function contentOf(column: Column): string | null {
  return column.current?.id ?? column.desired?.origin ?? column.desired?.id ?? null;
}

/** Lays out the board. What did not change since `before` keeps its identity. */
export function gridOf(board: Board, view: View, before?: Grid): Grid {
  const known = new Map(board.phases.all.map((phase) => [phase.id, phase]));
  const touchpoints = board.touchpoints.byId;
  const homeOf = (note: Note): string =>
    touchpoints.get(note.touchpoint ?? "")?.phase ?? note.phase;
  const used = [...board.touchpoints.all.map(({ phase }) => phase), ...board.notes.all.map(homeOf)];
  const lost = [...new Set(used)].filter((phase) => !known.has(phase));
  const byPhase = new Map(
    [...known.keys(), ...lost].map((phase) => [phase, touchpointColumns(board, phase, view)]),
  );

  const columnOf = new Map<string, string>();
  for (const column of [...byPhase.values()].flat()) {
    const ids = [column.current?.id, column.desired?.origin, column.desired?.id];
    for (const id of ids) if (id && !columnOf.has(id)) columnOf.set(id, column.id);
  }
  const notes = groupBy(
    board.notes.all,
    (note) => columnOf.get(note.touchpoint ?? "") ?? homeOf(note),
    before?.notes,
  );

  const phases = [...byPhase].map(([id, own]) => ({
    phase: known.get(id) ?? lostPhase(id),
    missing: !known.has(id),
    columns: own.length === 0 || notes.has(id) ? [...own, wholePhase(id)] : own,
  }));
  return { phases, columns: phases.flatMap(({ columns }) => columns), notes };
}

function touchpointColumns(board: Board, phase: string, view: View): Column[] {
  const current = board.touchpoints.in(phase, "current");
  const desired = board.touchpoints.in(phase, "desired");
  if (view === "current") {
    return current.map((touchpoint) => ({
      id: touchpoint.id,
      phase,
      current: touchpoint,
      desired: null,
    }));
  }
  if (view === "desired") {
    return desired.map((touchpoint) => ({
      id: touchpoint.id,
      phase,
      current: board.touchpoints.get(touchpoint.origin ?? "") ?? null,
      desired: touchpoint,
    }));
  }
  return bothLayers(phase, current, desired);
}

/** Current touchpoints with their desired copy; desired ones without origin here stand between. */
function bothLayers(
  phase: string,
  current: readonly Touchpoint[],
  desired: readonly Touchpoint[],
): Column[] {
  const answers = new Map(desired.map((touchpoint) => [touchpoint.origin, touchpoint]));
  const columns: Column[] = current.map((touchpoint) => ({
    id: touchpoint.id,
    phase,
    current: touchpoint,
    desired: answers.get(touchpoint.id) ?? null,
  }));
  let at = 0;
  for (const touchpoint of desired) {
    const found = columns.findIndex((column) => column.desired === touchpoint);
    if (found < 0) {
      columns.splice(at, 0, { id: touchpoint.id, phase, current: null, desired: touchpoint });
    }
    at = found < 0 ? at + 1 : found + 1;
  }
  return columns;
}

function wholePhase(phase: string): Column {
  return { id: phase, phase, current: null, desired: null };
}

function lostPhase(id: string): Phase {
  return {
    id,
    order: "z",
    title: "",
    customerGoal: "",
    duration: null,
    desiredSummary: "",
    desiredChanges: [],
  };
}
