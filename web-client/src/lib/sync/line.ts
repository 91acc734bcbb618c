/** One socket to a room, from its opening until it ends or is let go. */

import type { SocketLike } from "./surroundings.ts";
import type { Way } from "./ways.ts";

const OPEN = 1;

export interface LineListener {
  /** A frame came in. */
  heard(line: Line, data: unknown): void;
  /** The socket ended from the other side. */
  ended(line: Line, code: number): void;
}

export class Line {
  readonly way: Way;
  readonly openedAt: number;
  readonly #socket: SocketLike;

  constructor(way: Way, socket: SocketLike, now: number, listener: LineListener) {
    this.way = way;
    this.openedAt = now;
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => listener.heard(this, data);
    socket.onclose = ({ code }) => listener.ended(this, code);
  }

  /** Sends a frame; a frame for a socket that is not open is lost, as the next step 2 covers it. */
  send(data: Uint8Array | string): void {
    if (this.#socket.readyState !== OPEN) return;
    this.#socket.send(typeof data === "string" ? data : (data as Uint8Array<ArrayBuffer>));
  }

  /** Closes the socket and hears nothing of it any more. */
  letGo(): void {
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close(1000);
  }
}
