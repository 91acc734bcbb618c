/**
 * Brings a ballot to the server, however long that takes.
 *
 * A change is kept on the device first and sent at once; what could not be sent is tried again.
 * The ballot goes whole, with a revision (R3), so a try too many never counts twice.
 */

import { backoff } from "./backoff.ts";
import { sameVotes, type Votes } from "./ballot.ts";

/** Who was sent away tries every few seconds, however long it lasts. */
const AWAY_ATTEMPT = 3;

/** A ballot, as the device has it or the server keeps it. */
export interface Ballot {
  readonly votes: Votes;
  readonly done: boolean;
}

/** A ballot that the server keeps. */
export interface StoredBallot extends Ballot {
  readonly revision: number;
}

/** What a try to send came to. */
export type Answer =
  | { readonly kind: "stored" }
  /** Another ballot of this or a later revision is stored (R3). */
  | { readonly kind: "conflict"; readonly stored: StoredBallot }
  /** The round no longer takes it, or the visitor may not vote: what the page shows is old. */
  | { readonly kind: "outdated" }
  /** The coach sent this device away, and may let it back in (H14). */
  | { readonly kind: "sentAway" }
  /** No answer, or one that says to try again. */
  | { readonly kind: "unreachable" };

/** How things stand with the ballot. */
export type SaveState = "untouched" | "saving" | "saved" | "here";

/** What the saver needs from outside. */
export interface Surroundings {
  put(ballot: StoredBallot): Promise<Answer>;
  /** Where unsent ballots wait. */
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  /** Calls back after so many milliseconds; gives a way to call it off. */
  after(milliseconds: number, then: () => void): () => void;
  random(): number;
  changed(state: SaveState): void;
  /** Another screen of the same person saved this one in the meantime. */
  overtaken(stored: StoredBallot): void;
  outdated(hadUnsent: boolean): void;
  /** The ballot waits on the device until the coach lets it back in. */
  sentAway(): void;
}

/** An unsent ballot, as it waits on the device. */
interface Waiting extends Ballot {
  /** The last revision that is known to be stored. */
  readonly base: number;
  /** What was last sent as `base + 1`, if anything: its answer may have been lost. */
  readonly sent: Ballot | null;
}

export class Saver {
  readonly #key: string;
  readonly #around: Surroundings;
  #base: number;
  #ballot: Ballot;
  #sent: Ballot | null = null;
  #unsent = false;
  #busy = false;
  #attempt = 0;
  #callOff: (() => void) | null = null;
  #stopped = false;

  /** @param key names the round and the person, so that nobody sends another's ballot */
  constructor(key: string, stored: StoredBallot, around: Surroundings) {
    this.#key = key;
    this.#around = around;
    this.#base = stored.revision;
    this.#ballot = { votes: stored.votes, done: stored.done };
    this.#restore();
  }

  /** The ballot as the person left it, sent or not. */
  get ballot(): Ballot {
    return this.#ballot;
  }

  get state(): SaveState {
    if (!this.#unsent) return this.#base === 0 ? "untouched" : "saved";
    return this.#attempt > 0 ? "here" : "saving";
  }

  /** Keeps a changed ballot and sends it. */
  change(ballot: Ballot): void {
    this.#ballot = ballot;
    this.#unsent = true;
    this.#keep();
    this.#around.changed(this.state);
    if (!this.#callOff) void this.#send();
  }

  /** Tries at once: the connection may be back. */
  retry(): void {
    this.#callOff?.();
    this.#callOff = null;
    if (this.#unsent) void this.#send();
  }

  /** Sends no more; what is unsent stays on the device. */
  stop(): void {
    this.#stopped = true;
    this.#callOff?.();
  }

  async #send(): Promise<void> {
    if (this.#busy || this.#stopped) return;
    this.#busy = true;
    const sent = this.#ballot;
    // An answer that was lost is cleared up first: the same revision with other votes is refused.
    this.#sent ??= sent;
    this.#keep();
    const trying = this.#sent;
    const answer = await this.#around.put({ ...trying, revision: this.#base + 1 });
    this.#busy = false;
    if (!this.#stopped) this.#take(answer, trying);
  }

  #take(answer: Answer, tried: Ballot): void {
    switch (answer.kind) {
      case "stored":
        this.#settle({ ...tried, revision: this.#base + 1 });
        break;
      case "conflict":
        if (same(answer.stored, tried)) this.#settle(answer.stored);
        else this.#giveWay(answer.stored);
        break;
      case "outdated":
        this.#giveUp();
        break;
      case "sentAway":
        this.#attempt = AWAY_ATTEMPT;
        this.#wait();
        this.#around.sentAway();
        break;
      case "unreachable":
        this.#wait();
        break;
    }
  }

  #giveUp(): void {
    const hadUnsent = this.#unsent;
    this.#forget();
    this.#around.outdated(hadUnsent);
  }

  #settle(stored: StoredBallot): void {
    this.#attempt = 0;
    this.#base = stored.revision;
    this.#sent = null;
    if (same(stored, this.#ballot)) {
      this.#forget();
      this.#around.changed(this.state);
    } else {
      this.#keep();
      void this.#send();
    }
  }

  #giveWay(stored: StoredBallot): void {
    this.#attempt = 0;
    this.#base = stored.revision;
    this.#ballot = { votes: stored.votes, done: stored.done };
    this.#forget();
    this.#around.overtaken(stored);
    this.#around.changed(this.state);
  }

  #wait(): void {
    const delay = backoff(this.#attempt, this.#around.random());
    this.#attempt++;
    this.#around.changed(this.state);
    this.#callOff = this.#around.after(delay, () => this.retry());
  }

  #keep(): void {
    const waiting: Waiting = { ...this.#ballot, base: this.#base, sent: this.#sent };
    try {
      this.#around.storage.setItem(this.#key, JSON.stringify(waiting));
    } catch {
      // A full or forbidden storage costs only the votes of a page that closes while offline.
    }
  }

  #forget(): void {
    this.#unsent = false;
    this.#sent = null;
    try {
      this.#around.storage.removeItem(this.#key);
    } catch {
      // As above: there was nothing kept.
    }
  }

  /** Takes up what an earlier page left unsent. */
  #restore(): void {
    const waiting = this.#waiting();
    if (!waiting) return;
    const current = waiting.base === this.#base;
    const arrived = waiting.sent !== null && same(waiting.sent, this.#ballot);
    const left: Ballot = { votes: waiting.votes, done: waiting.done };
    // Where another screen went on from there, what it saved stands.
    if ((!current && !arrived) || same(left, this.#ballot)) {
      this.#forget();
      return;
    }
    this.#sent = current ? waiting.sent : null;
    this.#ballot = left;
    this.#unsent = true;
  }

  #waiting(): Waiting | null {
    try {
      const kept: unknown = JSON.parse(this.#around.storage.getItem(this.#key) ?? "null");
      return isWaiting(kept) ? kept : null;
    } catch {
      return null;
    }
  }
}

function same(one: Ballot, other: Ballot): boolean {
  return one.done === other.done && sameVotes(one.votes, other.votes);
}

function isWaiting(kept: unknown): kept is Waiting {
  if (typeof kept !== "object" || kept === null) return false;
  const { base, sent } = kept as Partial<Waiting>;
  return typeof base === "number" && isBallot(kept) && (sent === null || isBallot(sent));
}

function isBallot(kept: unknown): kept is Ballot {
  if (typeof kept !== "object" || kept === null) return false;
  const { votes, done } = kept as Partial<Ballot>;
  if (typeof votes !== "object" || votes === null || typeof done !== "boolean") return false;
  return Object.values(votes).every((number) => Number.isInteger(number) && number >= 0);
}
