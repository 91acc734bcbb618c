/**
 * Frames on their way in numbered POSTs, one at a time.
 *
 * A POST whose answer was lost goes again under its number, so that the server takes it once
 * (W23). What gathers meanwhile goes together.
 */

import { type SentFrame, writeBundle } from "./bundle.ts";

/** The server takes no more at once. */
const FRAMES_PER_POST = 64;
/** Small enough that a slow line gets one across; a larger frame goes alone. */
const POST_BYTES = 256 * 1024;
/** With more than this waiting, the difference of a new connection is cheaper. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
const TRIES = 6;
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

const NO_CONTENT = 204;
const TOO_LARGE = 413;
const TOO_MANY = 429;
const SERVER_ERROR = 500;

export interface PostQueueListener {
  /** Sends a body; settles with the status of the answer, or fails without one. */
  post(number: number, body: Uint8Array<ArrayBuffer>): Promise<number>;
  /** A body was not taken, and none will be. */
  failed(why: "gone" | "tooLarge"): void;
}

export class PostQueue {
  readonly #listener: PostQueueListener;
  readonly #waiting: SentFrame[] = [];
  #waitingBytes = 0;
  #number = 0;
  #ended = false;
  /** The sending that is under way. */
  #sending: Promise<void> | undefined;

  constructor(listener: PostQueueListener) {
    this.#listener = listener;
  }

  /** Sends a frame after those before it. */
  add(frame: SentFrame): void {
    if (this.#ended) return;
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    if (this.#waitingBytes > MOST_WAITING_BYTES) this.#fail("gone");
    else this.#sending ??= this.#send();
  }

  /** Settles when everything added so far was taken, or cannot be. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  /** Sends nothing more. */
  end(): void {
    this.#ended = true;
    this.#waiting.length = 0;
  }

  async #send(): Promise<void> {
    // Frames of one moment go together.
    await Promise.resolve();
    while (!this.#ended && this.#waiting.length > 0) {
      this.#number += 1;
      await this.#sendOne(writeBundle(this.#take()));
    }
    this.#sending = undefined;
  }

  async #sendOne(body: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const status = await this.#listener.post(this.#number, body).catch(() => undefined);
      if (this.#ended || status === NO_CONTENT) return;
      if (status === TOO_LARGE) return this.#fail("tooLarge");
      const mayPass = status === undefined || status === TOO_MANY || status >= SERVER_ERROR;
      if (!mayPass) break;
      const pause = Math.min(SHORTEST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (this.#ended) return;
    }
    this.#fail("gone");
  }

  #take(): SentFrame[] {
    let bytes = 0;
    let count = 0;
    for (const frame of this.#waiting) {
      bytes += frame.length;
      if (count > 0 && (bytes > POST_BYTES || count === FRAMES_PER_POST)) break;
      count += 1;
    }
    const taken = this.#waiting.splice(0, count);
    for (const frame of taken) this.#waitingBytes -= frame.length;
    return taken;
  }

  #fail(why: "gone" | "tooLarge"): void {
    if (this.#ended) return;
    this.end();
    this.#listener.failed(why);
  }
}
