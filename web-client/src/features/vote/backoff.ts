/** How long to wait before another try: all phones in a hall must not come back at once. */

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/**
 * Milliseconds to wait, with full jitter.
 *
 * @param attempt how many tries failed since the last success, from 0
 * @param random a number in [0, 1)
 */
export function backoff(attempt: number, random: number): number {
  const ceiling = Math.min(FIRST_MS * 2 ** (attempt + 1), LONGEST_MS);
  return Math.round(FIRST_MS + (ceiling - FIRST_MS) * random);
}
