/** This browser's document of a room, who is where in it, and its copy on disk. */

import * as awarenessProtocol from "y-protocols/awareness";
import * as Y from "yjs";
import { LocalCopy } from "./localCopy.ts";

/** Marks what came from the room. */
const FROM_ROOM = Symbol("from the room");

export interface ReplicaListener {
  /** A person here changed the document. */
  edited(update: Uint8Array): void;
  /** What this person shows of themselves changed. */
  moved(update: Uint8Array): void;
}

export class Replica {
  readonly doc = new Y.Doc();
  /**
   * Of a document of its own: who only looks uses up no client id of the room, and the one that
   * this person will write with is shown to nobody before (P10).
   */
  readonly awareness = new awarenessProtocol.Awareness(new Y.Doc());
  readonly #listener: ReplicaListener;
  readonly #after: Promise<void>;
  #copy: LocalCopy | undefined;
  #kept: Promise<void> | undefined;
  #released = false;

  /**
   * @param listener hears what happens here
   * @param after when the copy of an earlier replica is out of the way
   */
  constructor(listener: ReplicaListener, after: Promise<void> = Promise.resolve()) {
    this.#listener = listener;
    this.#after = after;
    this.doc.on("update", this.#onUpdate);
    this.awareness.on("update", this.#onAwareness);
  }

  /** Keeps the document on disk as that of an epoch; settles when the copy is in the document. */
  keep(room: string, epoch: number): Promise<void> {
    this.#kept ??= this.#after.then(() => {
      if (this.#released) return;
      this.#copy = new LocalCopy(room, epoch, this.doc);
      return this.#copy.loaded;
    });
    return this.#kept;
  }

  /** Takes in a change from the room. */
  apply(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, FROM_ROOM);
  }

  /** Takes in where others are. */
  applyAwareness(update: Uint8Array): void {
    awarenessProtocol.applyAwarenessUpdate(this.awareness, update, FROM_ROOM);
  }

  /** What this person shows of themselves, for the wire. */
  ownAwareness(): Uint8Array {
    return awarenessProtocol.encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]);
  }

  /** Forgets where the others were: without a connection nobody knows. */
  forgetOthers(): void {
    const others = [...this.awareness.getStates().keys()].filter(
      (client) => client !== this.awareness.clientID,
    );
    awarenessProtocol.removeAwarenessStates(this.awareness, others, FROM_ROOM);
  }

  /** Says goodbye to the others. */
  leave(): void {
    awarenessProtocol.removeAwarenessStates(this.awareness, [this.awareness.clientID], "leave");
  }

  /** Lets go of everything and keeps the copy. */
  async close(): Promise<void> {
    this.#release();
    await this.#copy?.close();
  }

  /** Lets go of everything and empties the copy. */
  async discard(): Promise<void> {
    this.#release();
    await this.#copy?.discard();
  }

  #release(): void {
    this.#released = true;
    this.doc.off("update", this.#onUpdate);
    this.awareness.off("update", this.#onAwareness);
    this.awareness.destroy();
  }

  readonly #onUpdate = (
    update: Uint8Array,
    _origin: unknown,
    _doc: Y.Doc,
    transaction: Y.Transaction,
  ): void => {
    if (transaction.local) this.#listener.edited(update);
  };

  readonly #onAwareness = (
    { added, updated, removed }: { added: number[]; updated: number[]; removed: number[] },
    origin: unknown,
  ): void => {
    if (origin === FROM_ROOM) return;
    const { clientID } = this.awareness;
    const own = [...added, ...updated, ...removed].filter((client) => client === clientID);
    if (own.length > 0) {
      this.#listener.moved(awarenessProtocol.encodeAwarenessUpdate(this.awareness, own));
    }
  };
}
