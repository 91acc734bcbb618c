/**
 * The room's document in this browser, so that unsent work outlives a reload.
 *
 * A copy belongs to one epoch of the room: content of another one would come
 * back doubled.
 */

import { IndexeddbPersistence } from "y-indexeddb";
import type * as Y from "yjs";

/** y-indexeddb keeps its updates here. */
const UPDATES = "updates";
/** A browser that will not open its store must not keep a person from the board. */
const LOAD_PATIENCE_MS = 3000;

const epochKey = (room: string) => `hartslag.epoch.${room}`;
const unsentKey = (room: string) => `hartslag.unsent.${room}`;

/** The epoch of the copy that this browser has of a room. */
export function knownEpoch(room: string): number | undefined {
  return readNumber(epochKey(room));
}

/** How many edits of the copy were not stored by the server at the last visit. */
export function knownUnsent(room: string): number {
  return readNumber(unsentKey(room)) ?? 0;
}

/** Remembers how many edits are not stored by the server. */
export function rememberUnsent(room: string, count: number): void {
  writeNumber(unsentKey(room), count);
}

export class LocalCopy {
  /** Settles when what was kept is in the document; never fails. */
  readonly loaded: Promise<void>;
  #persistence: IndexeddbPersistence | undefined;

  /** Opens the copy of an epoch for a document, and remembers the epoch. */
  constructor(room: string, epoch: number, doc: Y.Doc) {
    writeNumber(epochKey(room), epoch);
    if (typeof indexedDB === "undefined") {
      this.loaded = Promise.resolve();
      return;
    }
    const persistence = new IndexeddbPersistence(`hartslag:${room}:${epoch}`, doc);
    this.#persistence = persistence;
    this.loaded = Promise.race([
      persistence.whenSynced.then(
        () => undefined,
        () => undefined,
      ),
      new Promise<void>((resolve) => setTimeout(resolve, LOAD_PATIENCE_MS)),
    ]);
  }

  /** Lets go of the document and keeps the copy. */
  async close(): Promise<void> {
    await this.#persistence?.destroy().catch(nothingToClose);
  }

  /** Lets go of the document and empties the copy. */
  async discard(): Promise<void> {
    const persistence = this.#persistence;
    if (!persistence) return;
    await this.loaded;
    // Emptied, not deleted: deleting waits for other tabs that have it open.
    const database = persistence.db;
    if (database) await empty(database);
    await persistence.destroy().catch(nothingToClose);
  }
}

/** A store that never opened, as in some private windows, has nothing to close. */
function nothingToClose(): void {}

function empty(database: IDBDatabase): Promise<void> {
  return new Promise((resolve) => {
    const transaction = database.transaction(UPDATES, "readwrite");
    transaction.objectStore(UPDATES).clear();
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => resolve();
  });
}

function readNumber(key: string): number | undefined {
  try {
    const stored = localStorage.getItem(key);
    return stored === null || Number.isNaN(Number(stored)) ? undefined : Number(stored);
  } catch {
    return undefined;
  }
}

function writeNumber(key: string, value: number): void {
  try {
    localStorage.setItem(key, String(value));
  } catch {
    // Storage may be switched off or full; the copy is then lost with the page.
  }
}
