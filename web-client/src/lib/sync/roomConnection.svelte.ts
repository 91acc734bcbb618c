/** A person's connection to a room: its document, who is there, its rounds, and how saving goes. */

import { untrack } from "svelte";
import type * as awarenessProtocol from "y-protocols/awareness";
import * as Y from "yjs";
import type {
  BoardMode,
  Participant,
  RefusalReason,
  Round,
  RoundId,
  ServerMessage,
} from "../protocol/generated.ts";
import * as frames from "./frames.ts";
import { knownEpoch, knownUnsent, rememberUnsent } from "./localCopy.ts";
import { lostTexts, textsOf } from "./lostTexts.ts";
import { EDIT } from "./origin.ts";
import { Outbox } from "./outbox.ts";
import type { Fate, StopReason } from "./reconnect.ts";
import { Replica } from "./replica.ts";
import { type Me, RoomFacts } from "./roomFacts.svelte.ts";
import { readServerMessage } from "./serverMessages.ts";
import { browser, type Surroundings } from "./surroundings.ts";
import { Transport } from "./transport.ts";
import { onWakeup } from "./wakeups.ts";
import type { Way } from "./ways.ts";

/** What the room did not take over. */
export interface Refusal {
  /** Why; absent when the room itself began anew. */
  reason?: RefusalReason;
  /** Texts that were written here and are not in the room. */
  texts: readonly string[];
}

/** A build that was not made by the build script fits every other. */
const ANY_BUILD = "dev";

/** More than this before the copy is read, and it is cheaper to ask for everything again. */
const MOST_EARLY_FRAMES = 512;

export class RoomConnection {
  readonly room: string;
  readonly #surroundings: Surroundings;
  readonly #transport: Transport;
  readonly #outbox = new Outbox();
  readonly #facts = new RoomFacts();

  #replica: Replica;
  #epoch: number | undefined;
  /** Stops listening for wakeups. */
  #sleepOn: (() => void) | undefined;
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
  #lastBarrier = 0;
  /** Texts of the document that was dropped, until the room's own shows which of them it has. */
  #before: { reason?: RefusalReason; texts: ReadonlyMap<string, string> } | undefined;

  #doc = $state.raw<Y.Doc>(new Y.Doc());
  #awareness = $state.raw<awarenessProtocol.Awareness>();
  #connected = $state(false);
  #way = $state<Way>("webSocket");
  #loaded = $state(false);
  #unsent = $state(0);
  #stopped = $state<StopReason>();
  #refusal = $state.raw<Refusal>();

  constructor(room: string, surroundings: Surroundings = browser()) {
    this.room = room;
    this.#surroundings = surroundings;
    this.#transport = new Transport(room, surroundings, {
      opened: (way, replaces) => this.#lineOpened(way, replaces),
      text: (data) => this.#hearText(data),
      binary: (data) => this.#hearBinary(data),
      closed: (fate) => this.#closed(fate),
      check: () => this.#check(),
    });
    this.#replica = this.#newReplica();
  }

  /** The room's document. Another one takes its place when the room begins anew: follow it. */
  get doc(): Y.Doc {
    return this.#doc;
  }

  /** Who is where on the board; of the document of the moment. */
  get awareness(): awarenessProtocol.Awareness {
    return this.#awareness ?? this.#replica.awareness;
  }

  /** Whether the room answers. */
  get connected(): boolean {
    return this.#connected;
  }

  /** How frames travel now, or travelled last. */
  get way(): Way {
    return this.#way;
  }

  /** Whether the document is there, from the room or from the copy on this device. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Edits that are not known to be stored. */
  get unsent(): number {
    return this.#unsent;
  }

  /** Whether everything written here is durable in the room. */
  get saved(): boolean {
    return this.#connected && this.#unsent === 0;
  }

  /** Whether the server can keep edits; false while its store does not answer. */
  get savingAvailable(): boolean {
    return this.#facts.savingAvailable;
  }

  /** Why this client stays away for good; a reload, or joining again, may help. */
  get stopped(): StopReason | undefined {
    return this.#stopped;
  }

  /** What was not taken over, until {@link acknowledgeRefusal}. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Who the person at this device is; unknown until the first welcome. */
  get me(): Me | undefined {
    return this.#facts.me;
  }

  /** Whether the person may write here now, as far as the client knows; the room decides. */
  get canEdit(): boolean {
    const role = this.me?.role;
    const writes = role === "coach" || (role === "participant" && this.boardMode !== "locked");
    return this.#loaded && !this.#stopped && writes;
  }

  /** How much of the board is open to participants. */
  get boardMode(): BoardMode {
    return this.#facts.boardMode;
  }

  /** Everyone who is connected. */
  get participants(): readonly Participant[] {
    return this.#facts.participants;
  }

  /** Every round, oldest first. */
  get rounds(): readonly Round[] {
    return this.#facts.rounds;
  }

  /** People who answered, by round, as far as the room told. */
  get answered(): Readonly<Record<RoundId, number>> {
    return this.#facts.answered;
  }

  /** When the timer's time is over, as `performance.now()` tells it; nothing without a timer. */
  get timeUpAt(): number | undefined {
    return this.#facts.timeUpAt;
  }

  /** Starts; what this device has of the room is there at once. */
  open(): void {
    // An effect opens a connection; what opening reads must not make it open again.
    untrack(() => this.#open());
  }

  #open(): void {
    this.#sleepOn = onWakeup((wakeup) => this.#transport.wake(wakeup === "network"));
    window.addEventListener("beforeunload", this.#onUnload);
    document.addEventListener("visibilitychange", this.#onHide);
    this.#epoch = knownEpoch(this.room);
    if (this.#epoch !== undefined) {
      this.#outbox.restore(knownUnsent(this.room));
      this.#count();
      void this.#loadCopy(this.#epoch);
    }
    this.#transport.start();
  }

  /** Leaves the room; unsent work stays on this device. */
  close(): void {
    this.#sleepOn?.();
    window.removeEventListener("beforeunload", this.#onUnload);
    document.removeEventListener("visibilitychange", this.#onHide);
    this.#flush();
    this.#replica.leave();
    this.#transport.stop();
    this.#turn += 1;
    this.#connected = false;
    void this.#replica.close();
  }

  /** Changes the document as one step that this person can undo. */
  edit<T>(change: () => T): T {
    return this.#doc.transact(change, EDIT);
  }

  /** The person has seen what was not taken over. */
  acknowledgeRefusal(): void {
    this.#refusal = undefined;
  }

  /** Loads the page anew; unsent work stays on this device and goes out after. */
  reload(): void {
    window.removeEventListener("beforeunload", this.#onUnload);
    window.location.reload();
  }

  #newReplica(after?: Promise<void>): Replica {
    const replica = new Replica(
      {
        edited: (update) => this.#edited(update),
        moved: (update) => {
          if (this.#ready) this.#transport.send(frames.writeAwareness(update));
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
    await replica.keep(this.room, epoch);
    if (replica === this.#replica && replica.doc.store.clients.size > 0) this.#loaded = true;
  }

  #edited(update: Uint8Array): void {
    this.#outbox.add(update);
    this.#count();
    if (this.#flushing) return;
    this.#flushing = true;
    this.#surroundings.nextFrame(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (!this.#inStep || this.#stopped) return;
    const update = this.#outbox.takeUpdate();
    if (update) this.#transport.send(frames.writeUpdate(update));
  }

  #count(): void {
    // Not read back: an effect that opens the connection must not follow what opening changes.
    const { unsent } = this.#outbox;
    this.#unsent = unsent;
    rememberUnsent(this.room, unsent);
  }

  #hearBinary(data: Uint8Array): void {
    if (!this.#ready) {
      this.#early.push(data);
      if (this.#early.length > MOST_EARLY_FRAMES) this.#transport.renew();
      return;
    }
    for (const frame of frames.readFrame(data)) this.#take(frame);
  }

  #take(frame: frames.Frame): void {
    switch (frame.kind) {
      case "step1":
        this.#transport.send(
          frames.writeStep2(Y.encodeStateAsUpdate(this.#replica.doc, frame.stateVector)),
        );
        this.#outbox.numberWhole();
        this.#inStep = true;
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
        this.#transport.send(frames.writeAwareness(this.#replica.ownAwareness()));
        break;
    }
  }

  #hearText(data: string): void {
    const message = readServerMessage(data);
    if (message) this.#follow(message);
  }

  #follow(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        void this.#welcomed(message);
        break;
      case "stored":
        this.#outbox.stored(message.upTo);
        this.#count();
        break;
      case "refused":
        this.#refused(message);
        break;
      default:
        this.#facts.follow(message);
    }
  }

  async #welcomed(welcome: Extract<ServerMessage, { type: "welcome" }>): Promise<void> {
    if (!buildsFit(welcome.build, this.#surroundings.build)) {
      this.#stop("outdated");
      return;
    }
    this.#transport.succeeded();
    this.#facts.follow(welcome);
    const turn = this.#turn;
    if (this.#epoch !== undefined && this.#epoch !== welcome.epoch) {
      // Read first, so that unsent texts of the old copy can be shown.
      await this.#replica.keep(this.room, this.#epoch);
      if (turn !== this.#turn) return;
      this.#startOver(undefined);
    }
    this.#epoch = welcome.epoch;
    await this.#replica.keep(this.room, welcome.epoch);
    // The connection, or the document, may have gone while the copy was read.
    if (turn === this.#turn) this.#handshake();
  }

  #handshake(): void {
    this.#connected = true;
    this.#ready = true;
    this.#askForAll();
    const early = this.#early;
    this.#early = [];
    for (const data of early) this.#hearBinary(data);
  }

  #askForAll(): void {
    this.#replica.awareness.setLocalStateField("participant", this.me?.participant);
    this.#transport.send(frames.writeStep1(Y.encodeStateVector(this.#replica.doc)));
  }

  #refused(refused: Extract<ServerMessage, { type: "refused" }>): void {
    if (refused.message === undefined || refused.message <= this.#dropped) return;
    this.#startOver(refused.reason);
    void this.#replica.keep(this.room, this.#epoch ?? 0);
    this.#askForAll();
  }

  /** Drops the local document, with what the room did not take over, and loads the room's. */
  #startOver(reason: RefusalReason | undefined): void {
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

  #tellLost(): void {
    if (!this.#before) return;
    const { reason, texts } = this.#before;
    const lost = lostTexts(texts, this.#replica.doc);
    this.#refusal = reason ? { reason, texts: lost } : { texts: lost };
    this.#before = undefined;
  }

  #lineOpened(way: Way, replaces: boolean): void {
    // The room greets on the new line as on any other; nobody need hear that there was an old one.
    if (replaces) this.#beginAgain();
    this.#way = way;
  }

  #closed(fate: Fate): void {
    this.#lost();
    if (fate.next === "stop") this.#stopped = fate.reason;
    if (fate.next === "startOver") this.#startOver("notAllowed");
  }

  #stop(reason: StopReason): void {
    this.#transport.stop();
    this.#lost();
    this.#stopped = reason;
  }

  #lost(): void {
    this.#connected = false;
    this.#beginAgain();
    this.#replica.forgetOthers();
  }

  /** What holds for one connection only does not hold for the next. */
  #beginAgain(): void {
    this.#turn += 1;
    this.#ready = false;
    this.#inStep = false;
    this.#early = [];
    this.#dropped = 0;
    this.#outbox.disconnected();
  }

  #check(): void {
    this.#lastBarrier += 1;
    this.#transport.send(JSON.stringify({ type: "barrier", id: this.#lastBarrier }));
    if (this.#ready) {
      this.#transport.send(frames.writeStep1(Y.encodeStateVector(this.#replica.doc)));
    }
  }

  readonly #onHide = (): void => {
    // A hidden page gets no frames, so what waits for one goes out as the page hides.
    if (document.hidden) this.#flush();
  };

  readonly #onUnload = (event: BeforeUnloadEvent): void => {
    this.#flush();
    if (this.#outbox.unsent > 0) event.preventDefault();
  };
}

function buildsFit(server: string, own: string): boolean {
  return server === own || server === ANY_BUILD || own === ANY_BUILD;
}
