/** Rounds to test with. */

import type { Round } from "../../../lib/protocol/generated.ts";

/** An open round on these notes. */
export function roundOf(id: string, notes: readonly string[]): Round {
  return {
    id,
    title: "Welke ideeën pakken we op?",
    options: notes.map((note) => ({ note, text: `Idee ${note}`, place: "Wachten" })),
    budget: 5,
    cap: 3,
    onlyPresent: false,
    status: "open",
  };
}

/** A revealed round in which notes got these votes. */
export function revealed(id: string, votes: Readonly<Record<string, number>>): Round {
  const counts = Object.entries(votes).sort(([, one], [, other]) => other - one);
  const places = counts.map(([, count]) => count);
  const ranking = counts.map(([note, count]) => ({
    note,
    votes: count,
    voters: Math.min(count, 2),
    rank: places.indexOf(count) + 1,
    tied: places.indexOf(count) !== places.lastIndexOf(count),
  }));
  const total = places.reduce((sum, count) => sum + count, 0);
  const result = { voters: 4, votes: total, ranking };
  return { ...roundOf(id, Object.keys(votes)), status: "revealed", result };
}
