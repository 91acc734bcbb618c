/** When to come back after a connection ended, and when not to. */

import { CloseCode } from "../protocol/generated.ts";

const SHORTEST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** Who sent too much starts with a longer breath. */
const ATTEMPTS_FOR_TOO_MANY = 4;

/** Why the client stopped for good; only a person, or a reload, can change it. */
export type StopReason = "unauthorised" | "roomGone" | "malformed" | "tooLarge" | "outdated";

/** What to do after a connection closed. */
export type Fate =
  /** Come back, and send what waits. */
  | { next: "reconnect" }
  /** Come back with the room's document instead of the local one. */
  | { next: "startOver" }
  /** Stay away: the same would happen again. */
  | { next: "stop"; reason: StopReason };

/** What a close code asks for. */
export function fateOf(code: number): Fate {
  switch (code) {
    case CloseCode.unauthorised:
      return { next: "stop", reason: "unauthorised" };
    case CloseCode.roomGone:
      return { next: "stop", reason: "roomGone" };
    case CloseCode.malformed:
      return { next: "stop", reason: "malformed" };
    case CloseCode.tooLarge:
      return { next: "stop", reason: "tooLarge" };
    case CloseCode.forbidden:
      return { next: "startOver" };
    default:
      return { next: "reconnect" };
  }
}

/**
 * Milliseconds to wait before the next attempt.
 *
 * All but the first half second is random: after a restart, a full room must
 * not come back all at once.
 *
 * @param code the close code of the connection that ended
 * @param attempt how many attempts failed since the last success, from 0
 * @param random a number in [0, 1)
 */
export function reconnectDelay(code: number, attempt: number, random: number): number {
  const exponent = attempt + 1 + (code === CloseCode.tooMany ? ATTEMPTS_FOR_TOO_MANY : 0);
  const longest = Math.min(SHORTEST_DELAY_MS * 2 ** exponent, LONGEST_DELAY_MS);
  return Math.round(SHORTEST_DELAY_MS + (longest - SHORTEST_DELAY_MS) * random);
}
