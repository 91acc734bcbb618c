/**
 * A connection over server-sent events and POST, for networks that let no WebSocket through;
 * from outside it is a socket like any other (W20 to W26).
 */

import { fromBase64 } from "lib0/buffer";
import { CloseCode } from "../protocol/generated.ts";
import { PostQueue } from "./postQueue.ts";
import type { SocketLike } from "./surroundings.ts";

/** The part of an EventSource that is used. */
export interface EventsLike {
  addEventListener(type: string, listen: (event: { data?: unknown }) => void): void;
  close(): void;
}

/** The server, as this socket reaches it. */
export interface EventStreamHost {
  /** Opens the stream. */
  openEvents(): EventsLike;
  /** Sends a body; settles with the status of the answer, or fails without one. */
  post(connection: string, number: number, body: Uint8Array<ArrayBuffer>): Promise<number>;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;
const ABNORMAL = 1006;
/** How long the last frames may take before the stream is closed under them. */
const FAREWELL_MS = 2000;

export class EventStreamSocket implements SocketLike {
  readyState = CONNECTING;
  binaryType: BinaryType = "arraybuffer";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly #events: EventsLike;
  readonly #posts: PostQueue;
  #connection = "";

  constructor(host: EventStreamHost) {
    this.#posts = new PostQueue({
      post: (number, body) => host.post(this.#connection, number, body),
      failed: (why) => this.#end(why === "tooLarge" ? CloseCode.tooLarge : ABNORMAL),
    });
    this.#events = host.openEvents();
    this.#on("opened", (data) => this.#opened(data));
    this.#on("message", (data) => this.onmessage?.({ data }));
    this.#on("frame", (data) => this.onmessage?.({ data: fromBase64(data).slice().buffer }));
    this.#on("closed", (data) => this.#end(codeIn(data)));
    // An EventSource would come back by itself, as another connection.
    this.#events.addEventListener("error", () => this.#end(ABNORMAL));
  }

  send(data: Uint8Array<ArrayBuffer> | string): void {
    if (this.readyState === OPEN) this.#posts.add(data);
  }

  /** Sends what waits, for a short time, and goes. */
  close(): void {
    if (this.readyState === CLOSED) return;
    const wasOpen = this.readyState === OPEN;
    this.readyState = CLOSED;
    const go = () => {
      clearTimeout(patience);
      this.#posts.end();
      this.#events.close();
    };
    const patience = setTimeout(go, wasOpen ? FAREWELL_MS : 0);
    if (wasOpen) void this.#posts.sent().then(go);
    else go();
  }

  #on(type: string, listen: (data: string) => void): void {
    this.#events.addEventListener(type, ({ data }) => {
      if (this.readyState !== CLOSED && typeof data === "string") listen(data);
    });
  }

  #opened(data: string): void {
    const { connection } = JSON.parse(data) as { connection?: unknown };
    if (typeof connection !== "string") return;
    this.#connection = connection;
    this.readyState = OPEN;
    this.onopen?.();
  }

  #end(code: number): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#posts.end();
    this.#events.close();
    this.onclose?.({ code });
  }
}

function codeIn(data: string): number {
  const { code } = JSON.parse(data) as { code?: unknown };
  return typeof code === "number" ? code : ABNORMAL;
}
