/** What a coach chooses for a round: which notes, and how many votes. */

import type { Note, Phase } from "../../lib/board/schema.ts";

/** Bounds of a round, as the server keeps them. */
export const BOUNDS = { leastNotes: 2, mostNotes: 60, mostBudget: 20 } as const;
/** More than this, and people no longer weigh every idea. */
export const MANY_NOTES = 30;

const LEAST_ADVICE = 2;
const MOST_ADVICE = 7;
const MOST_USUAL_CAP = 3;

/** Votes per person to advise: about the square root of the number of notes. */
export function advisedBudget(notes: number): number {
  return Math.min(Math.max(Math.round(Math.sqrt(notes)), LEAST_ADVICE), MOST_ADVICE);
}

/** Votes on one note to begin with: room to stress a favourite, and not all on one. */
export function usualCap(budget: number): number {
  return Math.min(Math.max(Math.ceil(budget / 2), 1), MOST_USUAL_CAP);
}

/** The notes of one phase that can be chosen. */
export interface Choice {
  /** None for notes whose phase is gone. */
  readonly phase: Phase | null;
  readonly notes: readonly Note[];
}

/** The notes to choose from, by phase in order; phases without any stay out. */
export function choices(
  phases: readonly Phase[],
  notes: readonly Note[],
  shown: (note: Note) => boolean,
): Choice[] {
  const known = new Set(phases.map(({ id }) => id));
  const fitting = notes.filter(shown);
  const groups: Choice[] = phases.map((phase) => ({
    phase,
    notes: fitting.filter((note) => note.phase === phase.id),
  }));
  groups.push({ phase: null, notes: fitting.filter((note) => !known.has(note.phase)) });
  return groups.filter((group) => group.notes.length > 0);
}

/** Whether every word that was typed occurs in the text. */
export function matches(text: string, search: string): boolean {
  const words = search.toLocaleLowerCase().split(/\s+/);
  const within = text.toLocaleLowerCase();
  return words.every((word) => within.includes(word));
}
