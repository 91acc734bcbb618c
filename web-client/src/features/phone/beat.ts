/** The small heartbeat of one phase: the experience at each touchpoint, over all personas. */

import type { Board } from "../../lib/board/board.ts";
import type { Touchpoint } from "../../lib/board/schema.ts";

/** The mean over the personas of which it is known; `null` where it is unknown for all. */
export function experience(board: Board, touchpoint: Touchpoint): number | null {
  const known = board.personas.all
    .map((persona) => board.scores.of(touchpoint.id, persona.id))
    .filter((value) => value !== null);
  if (known.length === 0) return null;
  return known.reduce<number>((sum, value) => sum + value, 0) / known.length;
}

/** Where a point is drawn. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

/**
 * The runs of known values as points in a box; unknown is a gap, never zero.
 *
 * @param values from -2 to 2, in order
 */
export function runs(values: readonly (number | null)[], width: number, height: number): Point[][] {
  const found: Point[][] = [[]];
  for (const [index, value] of values.entries()) {
    if (value === null) {
      found.push([]);
      continue;
    }
    const x = (width * (index + 0.5)) / values.length;
    const y = (height * (2 - value)) / 4;
    found.at(-1)?.push({ x, y, value });
  }
  return found.filter((run) => run.length > 0);
}
