/** A room's document at this device, kept in step with the room's own, over one connection after another. */

import type * as awarenessProtocol from "y-protocols/awareness";
import * as Y from "yjs";
import type { ParticipantId, RefusalReason, ServerMessage } from "../protocol/generated.ts";
import * as frames from "./frames.ts";
import { knownEpoch, knownUnsent, rememberUnsent } from "./localCopy.ts";
import { lostTexts, textsOf } from "./lostTexts.ts";
import { EDIT } from "./origin.ts";
import { Outbox } from "./outbox.ts";
import { changeInParts, differenceInParts } from "./parts.ts";
import { Replica } from "./replica.ts";

/** What the room did not take over. */
export interface Refusal {
  /** Why; absent when the room itself began anew. */
  reason?: RefusalReason;
  /** Texts that were written here and are not in the room. */
  texts: readonly string[];
}

/** What keeping in step needs of the connection. */
export interface DocumentLine {
  /** Sends a frame; without a connection it is lost, as the next step 2 covers it. */
  send(frame: Uint8Array): void;
  /** Makes a new connection instead of this one. */
  renew(): void;
  /** Runs something with the next frame on the screen. */
  nextFrame(run: () => void): void;
}

/** More than this before the copy is read, and it is cheaper to ask for everything again. */
const MOST_EARLY_FRAMES = 512;
/** No items and no deletions. */
const EMPTY_UPDATE = Uint8Array.of(0, 0);

export class DocumentSync {
  readonly #room: string;
  readonly #line: DocumentLine;
  readonly #outbox = new Outbox();

  #replica: Replica;
  #epoch: number | undefined;
  /** Who the person at this device is, as the last welcome said. */
  #participant: ParticipantId | undefined;
  /** Raised with each connection and each new replica, so that what awaited an older one stops. */
  #turn = 0;
  /** Binary frames that came before the handshake. */
  #early: Uint8Array[] = [];
  #ready = false;
  /** Whether this connection's step 1 was answered: only then can an update stand alone. */
  #inStep = false;
  #flushing = false;
  /** Refusals of messages up to here concern a document that is gone already. */
  #dropped = 0;
  /** Texts of the document that was dropped, until the room's own shows which of them it has. */
  #before: { reason?: RefusalReason; texts: ReadonlyMap<string, string> } | undefined;

  #doc = $state.raw<Y.Doc>(new Y.Doc());
  #awareness = $state.raw<awarenessProtocol.Awareness>();
  #connected = $state(false);
  #loaded = $state(false);
  #unsent = $state(0);
  #refusal = $state.raw<Refusal>();

  constructor(room: string, line: DocumentLine) {
    this.#room = room;
    this.#line = line;
    this.#replica = this.#newReplica();
  }

  /** The room's document. Another one takes its place when the room begins anew. */
  get doc(): Y.Doc {
    return this.#doc;
  }

  /** Who is where; of the document of the moment. */
  get awareness(): awarenessProtocol.Awareness {
    return this.#awareness ?? this.#replica.awareness;
  }

  /** Whether the room answers. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Whether the document is there, from the room or from the copy on this device. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Edits that are not known to be stored. */
  get unsent(): number {
    return this.#unsent;
  }

  /** What was not taken over, until {@link acknowledgeRefusal}. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Takes up what this device has of the room. */
  open(): void {
    this.#epoch = knownEpoch(this.#room);
    if (this.#epoch === undefined) return;
    this.#outbox.restore(knownUnsent(this.#room));
    this.#count();
    void this.#loadCopy(this.#epoch);
  }

  /** Sends what waits, and says goodbye to the others. */
  leave(): void {
    this.flush();
    this.#replica.leave();
  }

  /** Lets go of the document; the copy on this device stays. */
  close(): void {
    this.#turn += 1;
    this.#connected = false;
    void this.#replica.close();
  }

  /** Changes the document as one step that this person can undo. */
  edit<T>(change: () => T): T {
    return this.#doc.transact(change, EDIT);
  }

  /** Sends at once what was edited since the last frame. */
  flush(): void {
    this.#flushing = false;
    if (!this.#inStep) return;
    const update = this.#outbox.takeUpdate();
    if (!update) return;
    const parts = changeInParts(this.#doc, update);
    for (const part of parts) this.#line.send(frames.writeUpdate(part));
    this.#outbox.numberSent(parts.length);
  }

  /** The person has seen what was not taken over. */
  acknowledgeRefusal(): void {
    this.#refusal = undefined;
  }

  /** The room welcomed this connection. */
  async welcomed(welcome: Extract<ServerMessage, { type: "welcome" }>): Promise<void> {
    this.#participant = welcome.participant;
    const turn = this.#turn;
    if (this.#epoch !== undefined && this.#epoch !== welcome.epoch) {
      // Read first, so that unsent texts of the old copy can be shown.
      await this.#replica.keep(this.#room, this.#epoch);
      if (turn !== this.#turn) return;
      this.startOver(undefined);
    }
    this.#epoch = welcome.epoch;
    await this.#replica.keep(this.#room, welcome.epoch);
    // The connection, or the document, may have gone while the copy was read.
    if (turn === this.#turn) this.#handshake();
  }

  /** Takes in a binary frame of the room. */
  hear(data: Uint8Array): void {
    if (!this.#ready) {
      this.#early.push(data);
      if (this.#early.length > MOST_EARLY_FRAMES) this.#line.renew();
      return;
    }
    for (const frame of frames.readFrame(data)) this.#take(frame);
  }

  /** Everything up to a message is durable in the room. */
  stored(upTo: number): void {
    this.#outbox.stored(upTo);
    this.#count();
  }

  /** The room did not take a message over. */
  refused(refused: Extract<ServerMessage, { type: "refused" }>): void {
    if (refused.message === undefined || refused.message <= this.#dropped) return;
    this.startOver(refused.reason);
    void this.#replica.keep(this.#room, this.#epoch ?? 0);
    this.#askForAll();
  }

  /** Drops the local document, with what the room did not take over, and loads the room's. */
  startOver(reason: RefusalReason | undefined): void {
    const old = this.#replica;
    if (this.#outbox.unsent > 0 && !this.#before) {
      this.#before = reason ? { reason, texts: textsOf(old.doc) } : { texts: textsOf(old.doc) };
    }
    this.#dropped = this.#outbox.lastMessage;
    this.#outbox.clear();
    this.#count();
    this.#loaded = false;
    old.leave();
    this.#replica = this.#newReplica(old.discard());
  }

  /** What holds for one connection only does not hold for the next. */
  beginAgain(): void {
    this.#turn += 1;
    this.#ready = false;
    this.#inStep = false;
    this.#early = [];
    this.#dropped = 0;
    this.#outbox.disconnected();
  }

  /** The connection is gone. */
  lost(): void {
    this.#connected = false;
    this.beginAgain();
    this.#replica.forgetOthers();
  }

  /** Asks the room for what is missing here, where it can answer already. */
  compare(): void {
    if (this.#ready) this.#sendStep1();
  }

  #newReplica(after?: Promise<void>): Replica {
    const replica = new Replica(
      {
        edited: (update) => this.#edited(update),
        moved: (update) => {
          if (this.#ready) this.#line.send(frames.writeAwareness(update));
        },
      },
      after,
    );
    this.#doc = replica.doc;
    this.#awareness = replica.awareness;
    return replica;
  }

  async #loadCopy(epoch: number): Promise<void> {
    const replica = this.#replica;
    await replica.keep(this.#room, epoch);
    if (replica === this.#replica && replica.doc.store.clients.size > 0) this.#loaded = true;
  }

  #edited(update: Uint8Array): void {
    this.#outbox.add(update);
    this.#count();
    if (this.#flushing) return;
    this.#flushing = true;
    this.#line.nextFrame(() => this.flush());
  }

  #count(): void {
    // Not read back: an effect that opens the connection must not follow what opening changes.
    const { unsent } = this.#outbox;
    this.#unsent = unsent;
    rememberUnsent(this.#room, unsent);
  }

  #handshake(): void {
    this.#connected = true;
    this.#ready = true;
    this.#askForAll();
    const early = this.#early;
    this.#early = [];
    for (const data of early) this.hear(data);
  }

  #askForAll(): void {
    this.#replica.awareness.setLocalStateField("participant", this.#participant);
    this.#sendStep1();
  }

  #sendStep1(): void {
    this.#line.send(frames.writeStep1(Y.encodeStateVector(this.#replica.doc)));
  }

  #take(frame: frames.Frame): void {
    switch (frame.kind) {
      case "step1":
        this.#answer(frame.stateVector);
        break;
      case "step2":
        this.#replica.apply(frame.update);
        this.#loaded = true;
        this.#tellLost();
        break;
      case "update":
        this.#replica.apply(frame.update);
        break;
      case "awareness":
        this.#replica.applyAwareness(frame.update);
        break;
      case "queryAwareness":
        this.#line.send(frames.writeAwareness(this.#replica.ownAwareness()));
        break;
    }
  }

  /** Sends what the room lacks: in one message, or in parts where that would be too much. */
  #answer(stateVector: Uint8Array): void {
    const [first = EMPTY_UPDATE, ...others] = differenceInParts(this.#replica.doc, stateVector);
    this.#line.send(frames.writeStep2(first));
    for (const part of others) this.#line.send(frames.writeUpdate(part));
    this.#outbox.numberSent(1 + others.length);
    this.#inStep = true;
  }

  #tellLost(): void {
    if (!this.#before) return;
    const { reason, texts } = this.#before;
    const lost = lostTexts(texts, this.#replica.doc);
    this.#refusal = reason ? { reason, texts: lost } : { texts: lost };
    this.#before = undefined;
  }
}
