/** The rules of a ballot, as far as the page can keep them. The server checks them all again. */

/** Votes by note id; a note that is absent has none. */
export type Votes = Readonly<Record<string, number>>;

/** What a round allows. */
export interface Allowance {
  /** Votes per person. */
  readonly budget: number;
  /** Votes per person on one note. */
  readonly cap: number;
}

/** Why a vote was not added. */
export type Limit = "noneLeft" | "atCap";

export function used(votes: Votes): number {
  return Object.values(votes).reduce((sum, number) => sum + number, 0);
}

/** The votes with one more on the note, or why there cannot be one. */
export function more(votes: Votes, note: string, allowed: Allowance): Votes | Limit {
  if ((votes[note] ?? 0) >= allowed.cap) return "atCap";
  if (used(votes) >= allowed.budget) return "noneLeft";
  return { ...votes, [note]: (votes[note] ?? 0) + 1 };
}

/** The votes with one less on the note. */
export function fewer(votes: Votes, note: string): Votes {
  const { [note]: before = 0, ...others } = votes;
  return before > 1 ? { ...others, [note]: before - 1 } : others;
}

/** Whether two ballots are the same; a note with no votes counts as absent. */
export function sameVotes(one: Votes, other: Votes): boolean {
  const notes = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...notes].every((note) => (one[note] ?? 0) === (other[note] ?? 0));
}
