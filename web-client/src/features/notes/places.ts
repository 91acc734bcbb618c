/** Where a note can go: a column of the board, and a place among the notes there. */

import {
  type Column,
  contentOf,
  type Grid,
  type PhaseColumns,
  titleOf,
  type View,
} from "../../lib/board/grid.ts";
import type { Spot } from "../../lib/board/notes.ts";
import type { Note } from "../../lib/board/schema.ts";
import { t } from "../../lib/i18n/messages.svelte.ts";

/** A place among the notes of a column: before another note, or last. */
export interface NotePlace {
  readonly column: string;
  readonly before: string | null;
}

/** The spot that a column stands for. */
export function spotOf(column: Column): Spot {
  return { phase: column.phase, touchpoint: contentOf(column) };
}

/** A column in words. */
export function columnWord(column: Column, view: View): string {
  const touchpoint = titleOf(column, view);
  return touchpoint ? touchpoint.title || t("board.touchpoint.nameless") : t("board.phase.whole");
}

/** The phase of a column in words. */
export function phaseWord({ phase, missing }: PhaseColumns): string {
  return missing ? t("board.phase.gone") : phase.title || t("board.phase.nameless");
}

/** A place in words, for a screen reader. */
export function placeWord(grid: Grid, view: View, place: NotePlace, moving: string): string {
  const phase = grid.phases.find(({ columns }) => columns.some(({ id }) => id === place.column));
  const column = phase?.columns.find(({ id }) => id === place.column);
  if (!phase || !column) return "";
  const others = othersIn(grid, place.column, moving);
  const found = others.findIndex(({ id }) => id === place.before);
  const number = (found < 0 ? others.length : found) + 1;
  return t("notes.place", { phase: phaseWord(phase), column: columnWord(column, view), number });
}

/** The notes of a column without the one that moves. */
export function othersIn(grid: Grid, column: string, moving: string): readonly Note[] {
  return (grid.notes.get(column) ?? []).filter(({ id }) => id !== moving);
}

/** The place that an arrow key leads to. */
export function stepFrom(grid: Grid, place: NotePlace, moving: string, key: string): NotePlace {
  const at = grid.columns.findIndex(({ id }) => id === place.column);
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const beside = grid.columns[at + (key === "ArrowLeft" ? -1 : 1)];
    return beside ? { column: beside.id, before: null } : place;
  }
  const others = othersIn(grid, place.column, moving);
  const found = others.findIndex(({ id }) => id === place.before);
  const index = (found < 0 ? others.length : found) + (key === "ArrowUp" ? -1 : 1);
  return { column: place.column, before: others[Math.max(0, index)]?.id ?? null };
}
