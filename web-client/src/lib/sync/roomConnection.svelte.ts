/** A person's connection to a room: its document, who is there, its rounds, and how saving goes. */

import { untrack } from "svelte";
import type * as awarenessProtocol from "y-protocols/awareness";
import type * as Y from "yjs";
import type {
  BoardMode,
  Participant,
  Round,
  RoundId,
  ServerMessage,
} from "../protocol/generated.ts";
import { DocumentSync, type Refusal } from "./documentSync.svelte.ts";
import type { Fate, StopReason } from "./reconnect.ts";
import { type Me, RoomFacts } from "./roomFacts.svelte.ts";
import { readServerMessage } from "./serverMessages.ts";
import { browser, type Surroundings } from "./surroundings.ts";
import { Transport } from "./transport.ts";
import { onWakeup } from "./wakeups.ts";
import type { Way } from "./ways.ts";

/** A build that was not made by the build script fits every other. */
const ANY_BUILD = "dev";

export class RoomConnection {
  readonly room: string;
  readonly #surroundings: Surroundings;
  readonly #transport: Transport;
  readonly #document: DocumentSync;
  readonly #facts = new RoomFacts();

  /** Stops listening for wakeups. */
  #sleepOn: (() => void) | undefined;
  #lastBarrier = 0;

  #way = $state<Way>("webSocket");
  #stopped = $state<StopReason>();

  constructor(room: string, surroundings: Surroundings = browser()) {
    this.room = room;
    this.#surroundings = surroundings;
    this.#transport = new Transport(room, surroundings, {
      opened: (way, replaces) => this.#lineOpened(way, replaces),
      text: (data) => this.#hearText(data),
      binary: (data) => this.#document.hear(data),
      closed: (fate) => this.#closed(fate),
      check: () => this.#check(),
    });
    this.#document = new DocumentSync(room, {
      send: (frame) => this.#transport.send(frame),
      renew: () => this.#transport.renew(),
      nextFrame: (run) => surroundings.nextFrame(run),
    });
  }

  /** The room's document. Another one takes its place when the room begins anew: follow it. */
  get doc(): Y.Doc {
    return this.#document.doc;
  }

  /** Who is where on the board; of the document of the moment. */
  get awareness(): awarenessProtocol.Awareness {
    return this.#document.awareness;
  }

  /** Whether the room answers. */
  get connected(): boolean {
    return this.#document.connected;
  }

  /** How frames travel now, or travelled last. */
  get way(): Way {
    return this.#way;
  }

  /** Whether the document is there, from the room or from the copy on this device. */
  get loaded(): boolean {
    return this.#document.loaded;
  }

  /** Edits that are not known to be stored. */
  get unsent(): number {
    return this.#document.unsent;
  }

  /** Whether everything written here is durable in the room. */
  get saved(): boolean {
    return this.connected && this.unsent === 0;
  }

  /** Whether the server can keep edits; false while its store does not answer. */
  get savingAvailable(): boolean {
    return this.#facts.savingAvailable;
  }

  /** Why this client stays away; a reload, joining again, or the coach may help. */
  get stopped(): StopReason | undefined {
    return this.#stopped;
  }

  /** What was not taken over, until {@link acknowledgeRefusal}. */
  get refusal(): Refusal | undefined {
    return this.#document.refusal;
  }

  /** Who the person at this device is; unknown until the first welcome. */
  get me(): Me | undefined {
    return this.#facts.me;
  }

  /** Whether the person may write here now, as far as the client knows; the room decides. */
  get canEdit(): boolean {
    const role = this.me?.role;
    const writes = role === "coach" || (role === "participant" && this.boardMode !== "locked");
    return this.loaded && !this.#stopped && writes;
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
    this.#document.open();
    this.#transport.start();
  }

  /** Leaves the room; unsent work stays on this device. */
  close(): void {
    this.#sleepOn?.();
    window.removeEventListener("beforeunload", this.#onUnload);
    document.removeEventListener("visibilitychange", this.#onHide);
    this.#document.leave();
    this.#transport.stop();
    this.#document.close();
  }

  /** Changes the document as one step that this person can undo. */
  edit<T>(change: () => T): T {
    return this.#document.edit(change);
  }

  /** The person has seen what was not taken over. */
  acknowledgeRefusal(): void {
    this.#document.acknowledgeRefusal();
  }

  /** Loads the page anew; unsent work stays on this device and goes out after. */
  reload(): void {
    window.removeEventListener("beforeunload", this.#onUnload);
    window.location.reload();
  }

  #hearText(data: string): void {
    const message = readServerMessage(data);
    if (message) this.#follow(message);
  }

  #follow(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#welcomed(message);
        break;
      case "stored":
        this.#document.stored(message.upTo);
        break;
      case "refused":
        this.#document.refused(message);
        break;
      default:
        this.#facts.follow(message);
    }
  }

  #welcomed(welcome: Extract<ServerMessage, { type: "welcome" }>): void {
    if (!buildsFit(welcome.build, this.#surroundings.build)) {
      this.#stop("outdated");
      return;
    }
    this.#transport.succeeded();
    this.#stopped = undefined;
    this.#facts.follow(welcome);
    void this.#document.welcomed(welcome);
  }

  #lineOpened(way: Way, replaces: boolean): void {
    // The room greets on the new line as on any other; nobody need hear that there was an old one.
    if (replaces) this.#document.beginAgain();
    this.#way = way;
  }

  #closed(fate: Fate): void {
    this.#document.lost();
    this.#stopped = fate.next === "stop" ? fate.reason : undefined;
    if (fate.next === "startOver") this.#document.startOver("notAllowed");
  }

  #stop(reason: StopReason): void {
    this.#transport.stop();
    this.#document.lost();
    this.#stopped = reason;
  }

  /** A barrier must be answered; what was missed comes with it. */
  #check(): void {
    this.#lastBarrier += 1;
    this.#transport.send(JSON.stringify({ type: "barrier", id: this.#lastBarrier }));
    this.#document.compare();
  }

  readonly #onHide = (): void => {
    // A hidden page gets no frames, so what waits for one goes out as the page hides.
    if (document.hidden) this.#document.flush();
  };

  readonly #onUnload = (event: BeforeUnloadEvent): void => {
    this.#document.flush();
    if (this.unsent > 0) event.preventDefault();
  };
}

function buildsFit(server: string, own: string): boolean {
  return server === own || server === ANY_BUILD || own === ANY_BUILD;
}
