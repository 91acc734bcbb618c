/** Where an experience stands in the drawing. */

import { SCORE_VALUES, type ScoreValue } from "../../lib/board/schema.ts";

/** Height of the heartbeat, in CSS pixels. */
export const HEIGHT = 226;
/** Height of one step of the scale. */
export const STEP = 45;
/** The height at which neutral stands. */
export const ZERO = HEIGHT / 2;

/** The height of a value, from the top. */
export function heightOf(value: number): number {
  return ZERO - value * STEP;
}

/** The value that is nearest to a height. */
export function valueAt(height: number): ScoreValue {
  return clampValue(Math.round((ZERO - height) / STEP));
}

/** The value itself, or the end of the scale beyond which it lies. */
export function clampValue(value: number): ScoreValue {
  return SCORE_VALUES.find((known) => known === value) ?? (value < 0 ? -2 : 2);
}

/** How far apart lines stand at one touchpoint, so that equal experiences do not hide each other. */
export function offsetOf(index: number, count: number): number {
  return count < 2 ? 0 : (index - (count - 1) / 2) * Math.min(36, 96 / count);
}
