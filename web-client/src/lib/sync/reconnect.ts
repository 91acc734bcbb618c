/** When to come back after a connection ended, and when not to. */

import { CloseCode } from "../protocol/generated.ts";

const SHORTEST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** Who sent too much starts with a longer breath. */
const ATTEMPTS_FOR_TOO_MANY = 4;

/** How often who was sent away asks whether the coach let them back in. */
const AWAY_MS = 4000;
/** One act may send a whole hall away; they do not ask at the same moment. */
const AWAY_SPREAD_MS = 2000;

/**
 * Why the client stays away; only a person, or a reload, can change it.
 *
 * Who was sent away may be let back in, and keeps asking.
 */
export type StopReason =
  | "sentAway"
  | "unauthorised"
  | "roomGone"
  | "malformed"
  | "tooLarge"
  | "outdated";

/** What to do after a connection closed. */
export type Fate =
  /** Come back, and send what waits. */
  | { next: "reconnect" }
  /** Ask with a plain request why the room wants nothing of this device. */
  | { next: "ask" }
  /** Come back with the room's document instead of the local one. */
  | { next: "startOver" }
  /** Stay away: the same would happen again. */
  | { next: "stop"; reason: StopReason };

/** What a close code asks for. */
export function fateOf(code: number): Fate {
  switch (code) {
    case CloseCode.unauthorised:
      return { next: "ask" };
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

/** Milliseconds until who was sent away asks again. */
export function awayDelay(random: number): number {
  return AWAY_MS + AWAY_SPREAD_MS * random;
}
