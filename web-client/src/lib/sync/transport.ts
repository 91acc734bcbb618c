/**
 * The connection to a room, made again whenever it ends, until told to stop.
 *
 * A WebSocket is tried first; where none gets through, events and POSTs (W20) take its place.
 * A line counts once something was heard on it: proxies let sockets open and then swallow
 * everything. It knows nothing of documents; what it hears it hands on.
 */

import { CloseCode } from "../protocol/generated.ts";
import { Line } from "./line.ts";
import { awayDelay, type Fate, fateOf, reconnectDelay, type StopReason } from "./reconnect.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Way, Ways } from "./ways.ts";

/** A lonely client hears something every 15 s (W9); after two of those the line is dead. */
export const SILENCE_LIMIT_MS = 35_000;
/** How long an answer to a check may take. */
const CHECK_PATIENCE_MS = 1000;
/** How long a line may be silent before the other way is tried beside it. */
export const ASIDE_AFTER_MS = 2000;
/** How long nothing may be heard on any line before all are given up. */
export const ATTEMPT_PATIENCE_MS = 10_000;
const WATCH_EVERY_MS = 1000;
/** A gap in the clock from which on the device slept. */
const SLEEP_MS = 5000;
/** Who wakes with a hundred others comes back within this time, not at the same moment. */
const WAKE_SPREAD_MS = 300;
/** An attempt from before this is of another network. */
const STALE_ATTEMPT_MS = 2000;

/** What a browser reports when a connection ends without a word. */
const ABNORMAL = 1006;
/** From here on close codes are those of the protocol; proxies use others. */
const FIRST_OWN_CODE = 4400;

export interface TransportListener {
  /** A line works; `replaces` where it takes the place of one that worked too. */
  opened(way: Way, replaces: boolean): void;
  /** A text frame came in. */
  text(data: string): void;
  /** A binary frame came in. */
  binary(data: Uint8Array): void;
  /** The connection ended; the transport comes back by itself unless it stops. */
  closed(fate: Fate): void;
  /** Asks the room something that it must answer, to find out whether the line is alive. */
  check(): void;
}

export class Transport {
  readonly #room: string;
  readonly #surroundings: Surroundings;
  readonly #listener: TransportListener;
  readonly #ways = new Ways();
  /** The line that works. */
  #line: Line | undefined;
  /** Lines on which nothing was heard yet. */
  #attempts: Line[] = [];
  /** Ways that were tried since the last failure. */
  #tried = new Set<Way>();
  #running = false;
  #failures = 0;
  #heardAt = 0;
  #watchedAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #aside: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #checking: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;

  constructor(room: string, surroundings: Surroundings, listener: TransportListener) {
    this.#room = room;
    this.#surroundings = surroundings;
    this.#listener = listener;
  }

  /** Opens the first line. */
  start(): void {
    this.#running = true;
    this.#watchedAt = this.#surroundings.now();
    this.#watch = setInterval(() => this.#look(), WATCH_EVERY_MS);
    this.#connect();
  }

  /** Closes every line and opens no other. */
  stop(): void {
    this.#running = false;
    clearTimeout(this.#retry);
    clearInterval(this.#watch);
    this.#letGo();
  }

  /** Sends a frame; without a line it is lost, as the next step 2 covers it. */
  send(data: Uint8Array | string): void {
    this.#line?.send(data);
  }

  /** The room has welcomed this connection: the next failure is the first again. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** Ends this connection and makes a new one after the usual delay. */
  renew(): void {
    if (this.#line) this.#ended(ABNORMAL);
  }

  /** The device woke or has another network: in step again within two seconds. */
  wake(networkChanged = false): void {
    if (!this.#running) return;
    const now = this.#surroundings.now();
    if (networkChanged) this.#ways.networkChanged(now);
    if (this.#line) {
      this.#checkLine();
      return;
    }
    const isStale = this.#attempts.some(({ openedAt }) => now - openedAt > STALE_ATTEMPT_MS);
    if (this.#retry !== undefined || isStale) {
      this.#letGo();
      this.#connectSoon();
    }
  }

  #connect(): void {
    this.#retry = undefined;
    this.#tried = new Set();
    const { first } = this.#ways;
    this.#try(first);
    const other = first === "webSocket" ? "eventStream" : "webSocket";
    this.#aside = setTimeout(() => this.#try(other), ASIDE_AFTER_MS);
    this.#patience = setTimeout(() => this.#ended(ABNORMAL), ATTEMPT_PATIENCE_MS);
  }

  #try(way: Way): void {
    if (this.#tried.has(way)) return;
    this.#tried.add(way);
    this.#open(way);
  }

  #open(way: Way): void {
    const socket = this.#surroundings.openSocket(this.#room, way);
    const line = new Line(way, socket, this.#surroundings.now(), {
      heard: (from, data) => this.#hear(from, data),
      ended: (from, code) => {
        if (from === this.#line) this.#ended(code);
        else void this.#failed(from, code);
      },
    });
    this.#attempts.push(line);
  }

  #hear(line: Line, data: unknown): void {
    this.#heardAt = this.#surroundings.now();
    if (line !== this.#line) this.#adopt(line);
    clearTimeout(this.#checking);
    this.#checking = undefined;
    if (typeof data === "string") this.#listener.text(data);
    else if (data instanceof ArrayBuffer) this.#listener.binary(new Uint8Array(data));
  }

  /** The first line on which something is heard is the one; the others go. */
  #adopt(line: Line): void {
    const replaces = this.#line !== undefined;
    this.#attempts = this.#attempts.filter((attempt) => attempt !== line);
    this.#letGo();
    this.#line = line;
    this.#ways.worked(line.way, this.#surroundings.now());
    this.#listener.opened(line.way, replaces);
  }

  /** A line ended on which nothing was heard. */
  async #failed(line: Line, code: number): Promise<void> {
    this.#attempts = this.#attempts.filter((attempt) => attempt !== line);
    // It was tried beside a line that works.
    if (this.#line) return;
    if (isOfTheServer(code)) {
      // It would say so either way.
      this.#ended(code);
      return;
    }
    const round = this.#tried;
    const found = await this.#surroundings.probe(this.#room);
    const isOver = !this.#running || this.#line || this.#retry !== undefined;
    if (isOver || round !== this.#tried) return;
    if (found !== "reachable" && found !== "unreachable") {
      this.#refused(found);
    } else if (found === "reachable" && (line.way === "eventStream" || this.#ways.blocked())) {
      this.#try("webSocket");
      this.#try("eventStream");
      if (this.#attempts.length === 0) this.#ended(ABNORMAL);
    } else if (this.#attempts.length === 0) {
      this.#ended(ABNORMAL);
    }
  }

  #ended(code: number): void {
    this.#letGo();
    const fate = fateOf(code);
    if (fate.next === "stop") {
      this.#refused(fate.reason);
      return;
    }
    if (fate.next === "ask") {
      this.#listener.closed(fate);
      void this.#ask();
      return;
    }
    this.#comeBack(code);
    this.#listener.closed(fate);
  }

  #comeBack(code: number): void {
    const delay = reconnectDelay(code, this.#failures, this.#surroundings.random());
    this.#failures += 1;
    this.#connectAfter(delay);
  }

  /** Comes back, unless the room does not want this device. */
  async #ask(): Promise<void> {
    this.#retry = undefined;
    const found = await this.#surroundings.probe(this.#room);
    if (!this.#running) return;
    if (found === "reachable" || found === "unreachable") this.#comeBack(ABNORMAL);
    else this.#refused(found);
  }

  /** Stays away for good, or for as long as this device is sent away. */
  #refused(reason: StopReason): void {
    if (reason === "sentAway") {
      this.#letGo();
      const delay = awayDelay(this.#surroundings.random());
      this.#retry = setTimeout(() => void this.#ask(), delay);
    } else {
      this.stop();
    }
    this.#listener.closed({ next: "stop", reason });
  }

  #connectSoon(): void {
    this.#connectAfter(this.#surroundings.random() * WAKE_SPREAD_MS);
  }

  #connectAfter(milliseconds: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), milliseconds);
  }

  /** A device that slept, and a line that died without a word, both show in the clock. */
  #look(): void {
    const now = this.#surroundings.now();
    const slept = now - this.#watchedAt > SLEEP_MS;
    this.#watchedAt = now;
    if (slept) this.wake();
    else if (this.#line && now - this.#heardAt > SILENCE_LIMIT_MS) this.#ended(ABNORMAL);
    else if (this.#line && this.#ways.isTimeToTry(now)) this.#tryBeside(now);
  }

  /** Tries a WebSocket while the stream goes on; it takes over if something is heard on it. */
  #tryBeside(now: number): void {
    const left = this.#attempts.filter(({ openedAt }) => now - openedAt > ATTEMPT_PATIENCE_MS);
    for (const attempt of left) attempt.letGo();
    this.#attempts = this.#attempts.filter((attempt) => !left.includes(attempt));
    this.#open("webSocket");
  }

  #checkLine(): void {
    if (this.#checking !== undefined) return;
    this.#listener.check();
    this.#checking = setTimeout(() => this.#lost(), CHECK_PATIENCE_MS);
  }

  /** The line died unnoticed: not a failure of the server, so there is nothing to wait for. */
  #lost(): void {
    this.#letGo();
    this.#connectSoon();
    this.#listener.closed({ next: "reconnect" });
  }

  /** Does not wait for the other side to agree that it is over. */
  #letGo(): void {
    clearTimeout(this.#aside);
    clearTimeout(this.#patience);
    clearTimeout(this.#checking);
    this.#checking = undefined;
    for (const line of this.#attempts) line.letGo();
    this.#attempts = [];
    this.#line?.letGo();
    this.#line = undefined;
  }
}

function isOfTheServer(code: number): boolean {
  return code >= FIRST_OWN_CODE || code === CloseCode.restart;
}
