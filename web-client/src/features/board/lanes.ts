/** The rows of the board, and the names of its cells. */

export const LANES = [
  "phase",
  "step",
  "channel",
  "experience",
  "quote",
  "painPoint",
  "note",
] as const;

/** A row of the board. */
export type Lane = (typeof LANES)[number];

/** Widths of a column, in CSS pixels: a short journey has room, a long one scrolls. */
const NARROWEST = 172;
const WIDEST = 240;
/** What stands before and after the columns. */
const AROUND = 2 * 112;

/** How wide each column is in a window; the heartbeat is drawn by it. */
export function columnWidth(columns: number, window: number): number {
  const fair = Math.floor((window - AROUND) / Math.max(columns, 1));
  return Math.min(Math.max(fair, NARROWEST), WIDEST);
}

/** The name of a cell: the lane, and the id of its column, or in the phase lane of its phase. */
export function cellName(lane: Lane, id: string): string {
  return `${lane}/${id}`;
}

/** The lane and id of a cell's name. */
export function cellOf(name: string): { lane: Lane; id: string } | null {
  const slash = name.indexOf("/");
  const lane = LANES.find((known) => known === name.slice(0, slash));
  return lane ? { lane, id: name.slice(slash + 1) } : null;
}
