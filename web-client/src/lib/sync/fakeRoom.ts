/** A room for tests: answers as the server does, when the test says so. */

import * as awarenessProtocol from "y-protocols/awareness";
import * as Y from "yjs";
import type { ServerMessage } from "../protocol/generated.ts";
import * as frames from "./frames.ts";
import type { Probe, SocketLike, Surroundings } from "./surroundings.ts";
import type { Way } from "./ways.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

/** The browser's end of a connection to a {@link FakeRoom}. */
export class FakeSocket implements SocketLike {
  readyState = CONNECTING;
  binaryType: BinaryType = "blob";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  /** Text frames from the client. */
  readonly orders: unknown[] = [];
  /** Messages that carried an update. */
  updates = 0;
  readonly way: Way;
  readonly #room: FakeRoom;

  constructor(room: FakeRoom, way: Way) {
    this.#room = room;
    this.way = way;
  }

  send(data: Uint8Array<ArrayBuffer> | string): void {
    if (typeof data === "string") this.orders.push(JSON.parse(data));
    else for (const frame of frames.readFrame(data)) this.#room.receive(this, frame);
  }

  close(): void {
    this.readyState = CLOSED;
  }

  /** The connection is there, and the room says welcome. */
  welcome(change: Partial<Extract<ServerMessage, { type: "welcome" }>> = {}): void {
    this.openSilently();
    this.tell({
      type: "welcome",
      room: "r",
      epoch: this.#room.epoch,
      build: "b1",
      participant: "p1",
      role: "coach",
      participants: [],
      rounds: [],
      boardMode: "open",
      timer: { remainingMs: null },
      ...change,
    });
    this.deliver(frames.writeStep1(Y.encodeStateVector(this.#room.doc)));
  }

  openSilently(): void {
    this.readyState = OPEN;
    this.onopen?.();
  }

  tell(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  deliver(frame: Uint8Array): void {
    this.onmessage?.({ data: frame.slice().buffer });
  }

  /** The connection ends from the other side. */
  end(code: number): void {
    this.readyState = CLOSED;
    this.onclose?.({ code });
  }
}

export class FakeRoom implements Surroundings {
  build = "b1";
  epoch = 1;
  doc = new Y.Doc();
  readonly sockets: FakeSocket[] = [];
  readonly awareness: Uint8Array[] = [];
  /** Whether updates are taken in; otherwise they are counted and kept out. */
  admits = true;
  probed: Probe = "unreachable";

  /** The newest connection. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nobody has connected");
    return socket;
  }

  /** The newest connection of one way; fails the test where there is none. */
  socketOf(way: Way): FakeSocket {
    const socket = this.sockets.findLast((socket) => socket.way === way);
    if (!socket) throw new Error(`nobody has connected by ${way}`);
    return socket;
  }

  openSocket(_room: string, way: Way): SocketLike {
    const socket = new FakeSocket(this, way);
    this.sockets.push(socket);
    return socket;
  }

  probe(): Promise<Probe> {
    return Promise.resolve(this.probed);
  }

  random(): number {
    return 0;
  }

  now(): number {
    return Date.now();
  }

  nextFrame(run: () => void): void {
    queueMicrotask(run);
  }

  receive(socket: FakeSocket, frame: frames.Frame): void {
    switch (frame.kind) {
      case "step1":
        socket.deliver(frames.writeStep2(Y.encodeStateAsUpdate(this.doc, frame.stateVector)));
        break;
      case "step2":
      case "update":
        socket.updates += 1;
        if (this.admits) Y.applyUpdate(this.doc, frame.update);
        break;
      case "awareness":
        this.awareness.push(frame.update);
        break;
      case "queryAwareness":
        break;
    }
  }

  /** What the room knows of who is where. */
  seenStates(): unknown[] {
    const awareness = new awarenessProtocol.Awareness(new Y.Doc());
    awareness.setLocalState(null);
    for (const update of this.awareness) {
      awarenessProtocol.applyAwarenessUpdate(awareness, update, null);
    }
    awareness.destroy();
    return [...awareness.getStates().values()];
  }

  /** Writes a note, as somebody else would. */
  write(id: string, text: string): void {
    const before = Y.encodeStateVector(this.doc);
    this.doc.getMap("notes").set(id, note(text));
    const update = frames.writeUpdate(Y.encodeStateAsUpdate(this.doc, before));
    this.sockets.at(-1)?.deliver(update);
  }
}

/** A note with a text. */
export function note(text: string): Y.Map<unknown> {
  return new Y.Map<unknown>([["text", new Y.Text(text)]]);
}

/** The texts of a document's notes. */
export function notesOf(doc: Y.Doc): string[] {
  return Object.values(doc.getMap("notes").toJSON()).map(
    (value) => (value as { text: string }).text,
  );
}
