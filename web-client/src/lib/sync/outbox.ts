/**
 * Local edits that are not known to be stored, and in which message each one went.
 *
 * The server counts the messages of a connection that carry an update, from 1,
 * and says up to which one everything is durable (W6).
 */

import * as Y from "yjs";

const NOT_SENT = 0;

export class Outbox {
  /** Updates made since the last message, to be sent as one. */
  #gathered: Uint8Array[] = [];
  /** For each edit that is not stored, the number of its message on this connection. */
  #edits: number[] = [];
  #messages = 0;

  /** How many edits are not known to be stored. */
  get unsent(): number {
    return this.#edits.length;
  }

  /** The number of the last message that carried an update. */
  get lastMessage(): number {
    return this.#messages;
  }

  /** Takes over edits of an earlier visit; their content is in the local copy. */
  restore(count: number): void {
    this.#edits.push(...Array.from({ length: count }, () => NOT_SENT));
  }

  /** Takes an edit. */
  add(update: Uint8Array): void {
    this.#gathered.push(update);
    this.#edits.push(NOT_SENT);
  }

  /** Everything gathered as one update, to be numbered; nothing when nothing was gathered. */
  takeUpdate(): Uint8Array | undefined {
    return this.#gathered.length === 0 ? undefined : Y.mergeUpdates(this.#gathered.splice(0));
  }

  /**
   * Everything that was not sent goes out, in so many messages: an edit is stored when the last
   * of them is, for nobody knows in which of them it went.
   */
  numberSent(messages: number): void {
    this.#messages += messages;
    this.#gathered = [];
    this.#edits = this.#edits.map((message) => (message === NOT_SENT ? this.#messages : message));
  }

  /** Everything up to a message is durable. */
  stored(upTo: number): void {
    this.#edits = this.#edits.filter((message) => message === NOT_SENT || message > upTo);
  }

  /** The connection is gone: what was not confirmed must go again, within the next step 2. */
  disconnected(): void {
    this.#messages = 0;
    this.#gathered = [];
    this.#edits = this.#edits.map(() => NOT_SENT);
  }

  /** Gives up every edit, because the document that held them is dropped. */
  clear(): void {
    this.#gathered = [];
    this.#edits = [];
  }
}
