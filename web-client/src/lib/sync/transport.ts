/**
 * One socket to a room, opened again whenever it ends, until told to stop.
 *
 * It knows nothing of documents; what it hears it hands on.
 */

import { type Fate, fateOf, reconnectDelay, type StopReason } from "./reconnect.ts";
import type { SocketLike, Surroundings } from "./surroundings.ts";

/** A lonely client hears something every 15 s (W9); after two of those the line is dead. */
export const SILENCE_LIMIT_MS = 35_000;
/** How long an answer to a check may take. */
export const CHECK_PATIENCE_MS = 2000;
/** How long a socket may take to open. */
const OPEN_PATIENCE_MS = 10_000;
const WATCH_EVERY_MS = 5000;
/** Who wakes with a hundred others comes back within this time, not at the same moment. */
const WAKE_SPREAD_MS = 1000;

const OPEN = 1;
/** What a browser reports when a connection ends without a word. */
const ABNORMAL = 1006;

export interface TransportListener {
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
  #socket: SocketLike | undefined;
  #running = false;
  #attempt = 0;
  #heardAt = 0;
  #watchedAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;

  constructor(room: string, surroundings: Surroundings, listener: TransportListener) {
    this.#room = room;
    this.#surroundings = surroundings;
    this.#listener = listener;
  }

  /** Opens the first socket. */
  start(): void {
    this.#running = true;
    this.#watchedAt = this.#surroundings.now();
    this.#watch = setInterval(() => this.#look(), WATCH_EVERY_MS);
    this.#connect();
  }

  /** Closes the socket and opens no other. */
  stop(): void {
    this.#running = false;
    clearTimeout(this.#retry);
    clearTimeout(this.#patience);
    clearInterval(this.#watch);
    this.#letGo()?.close(1000);
  }

  /** Sends a frame; a frame for a socket that is not open is lost, as the next step 2 covers it. */
  send(data: Uint8Array | string): void {
    if (this.#socket?.readyState !== OPEN) return;
    this.#socket.send(typeof data === "string" ? data : (data as Uint8Array<ArrayBuffer>));
  }

  /** The room has welcomed this connection: the next failure is the first again. */
  succeeded(): void {
    this.#attempt = 0;
  }

  /** Ends this connection and makes a new one after the usual delay. */
  renew(): void {
    if (this.#socket) this.#abandon();
  }

  /** The device woke or came online: makes sure within two seconds that the line is alive. */
  wake(): void {
    if (!this.#running) return;
    if (this.#socket?.readyState === OPEN) this.#checkLine();
    else if (this.#retry !== undefined) {
      this.#connectAfter(this.#surroundings.random() * WAKE_SPREAD_MS);
    }
  }

  #connect(): void {
    this.#retry = undefined;
    const socket = this.#surroundings.openSocket(this.#room);
    let opened = false;
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      opened = true;
      clearTimeout(this.#patience);
      this.#heardAt = this.#surroundings.now();
    };
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = ({ code }) => {
      this.#letGo();
      if (opened) this.#ended(code);
      else void this.#couldNotOpen(code);
    };
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#abandon(), OPEN_PATIENCE_MS);
  }

  #hear(data: unknown): void {
    this.#heardAt = this.#surroundings.now();
    clearTimeout(this.#patience);
    if (typeof data === "string") this.#listener.text(data);
    else if (data instanceof ArrayBuffer) this.#listener.binary(new Uint8Array(data));
  }

  async #couldNotOpen(code: number): Promise<void> {
    const reason: StopReason | undefined = await this.#surroundings.probe(this.#room);
    if (!this.#running || this.#socket || this.#retry !== undefined) return;
    if (reason) this.#stopFor({ next: "stop", reason });
    else this.#ended(code);
  }

  #ended(code: number): void {
    const fate = fateOf(code);
    if (fate.next === "stop") {
      this.#stopFor(fate);
      return;
    }
    const delay = reconnectDelay(code, this.#attempt, this.#surroundings.random());
    this.#attempt += 1;
    this.#connectAfter(delay);
    this.#listener.closed(fate);
  }

  #stopFor(fate: Fate): void {
    this.stop();
    this.#listener.closed(fate);
  }

  #connectAfter(milliseconds: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), milliseconds);
  }

  /** A device that slept, and a line that died without a word, both show in the clock. */
  #look(): void {
    const now = this.#surroundings.now();
    const slept = now - this.#watchedAt > 3 * WATCH_EVERY_MS;
    this.#watchedAt = now;
    if (slept) this.wake();
    else if (this.#socket?.readyState === OPEN && now - this.#heardAt > SILENCE_LIMIT_MS) {
      this.#abandon();
    }
  }

  #checkLine(): void {
    this.#listener.check();
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#abandon(), CHECK_PATIENCE_MS);
  }

  /** Does not wait for the other side to agree that the connection is over. */
  #abandon(): void {
    this.#letGo()?.close();
    if (this.#running) this.#ended(ABNORMAL);
  }

  #letGo(): SocketLike | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#patience);
    if (socket) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.onerror = null;
    }
    return socket;
  }
}
