/** Which way to the room works from here; kept for the visit, so that a reload need not find out. */

/** How frames travel. */
export type Way = "webSocket" | "eventStream";

const KEY = "hartslag.way";
/** Often enough that a network that was mended is used, too seldom to be noticed. */
const PAUSE_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 8 * PAUSE_MS;
/** Where a WebSocket worked before on this page, it likely will again. */
const SHORT_PAUSE_MS = 60_000;
/** A network that comes and goes is no reason to try more often than this. */
const LEAST_PAUSE_MS = 30_000;

export class Ways {
  #webSocketWorked = false;
  /** Times in a row that a WebSocket failed though the server answered. */
  #blocked = 0;
  #pause = PAUSE_MS;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** When a WebSocket is worth a try beside the stream that works. */
  #tryAt: number | undefined;

  /** The way to try first. */
  get first(): Way {
    return remembered() ? "eventStream" : "webSocket";
  }

  /** The room was heard this way. */
  worked(way: Way, now: number): void {
    remember(way === "eventStream");
    if (way === "webSocket") {
      this.#webSocketWorked = true;
      this.#blocked = 0;
      this.#pause = PAUSE_MS;
      this.#tryAt = undefined;
    } else {
      this.#tryAt ??= now + (this.#webSocketWorked ? SHORT_PAUSE_MS : this.#pause);
    }
  }

  /**
   * A WebSocket failed though the server answers. Returns whether the other way is to be taken:
   * where WebSockets worked before, one failure may be a server that was just away.
   */
  blocked(): boolean {
    this.#blocked += 1;
    return !this.#webSocketWorked || this.#blocked > 1;
  }

  /** Whether a WebSocket is worth a try beside the stream that works; then it is being tried. */
  isTimeToTry(now: number): boolean {
    if (this.#tryAt === undefined || now < this.#tryAt) return false;
    this.#triedAt = now;
    this.#tryAt = now + this.#pause;
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
    return true;
  }

  /** Another network may let through what the last one did not. */
  networkChanged(now: number): void {
    if (this.#tryAt === undefined) return;
    this.#tryAt = Math.min(this.#tryAt, Math.max(now, this.#triedAt + LEAST_PAUSE_MS));
  }
}

function remembered(): boolean {
  try {
    return sessionStorage.getItem(KEY) === "eventStream";
  } catch {
    return false;
  }
}

function remember(isBlocked: boolean): void {
  try {
    if (isBlocked) sessionStorage.setItem(KEY, "eventStream");
    else sessionStorage.removeItem(KEY);
  } catch {
    // Storage may be switched off; the next page then finds out anew.
  }
}
