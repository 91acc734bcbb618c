/** Whatever a network does, nothing that was written is lost, and "saved" is never said too early. */

import { IDBFactory } from "fake-indexeddb";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { FakeRoom, note, notesOf } from "./fakeRoom.ts";
import { RoomConnection } from "./roomConnection.svelte.ts";

/** What can happen to a connection and the people at both ends of it. */
type Happening = "edit" | "otherEdits" | "frame" | "rest" | "stored" | "cut" | "welcome" | "reload";

const happening = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Happening>("edit", "frame", "stored", "welcome") },
  { weight: 1, arbitrary: fc.constantFrom<Happening>("otherEdits", "rest", "cut", "reload") },
);

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("every edit arrives, and saved means that it has", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 40 }), async (happenings) => {
      const story = new Story();
      await story.tell("welcome");
      await story.tell("rest");
      for (const happened of happenings) {
        await story.tell(happened);
        if (story.connection.saved) expect(story.missing()).toEqual([]);
      }
      await story.finish();

      expect(story.missing()).toEqual([]);
      expect(story.connection.saved).toBe(true);
      expect(notesOf(story.connection.doc).sort()).toEqual(notesOf(story.room.doc).sort());
      story.connection.close();
    }),
    { numRuns: 100 },
  );
}, 60_000);

class Story {
  readonly room = new FakeRoom();
  connection: RoomConnection;
  readonly #written: string[] = [];
  readonly #frames: (() => void)[] = [];
  #isWelcome = false;

  constructor() {
    vi.stubGlobal("indexedDB", new IDBFactory());
    localStorage.clear();
    this.room.nextFrame = (run) => this.#frames.push(run);
    this.connection = this.#open();
  }

  async tell(happened: Happening): Promise<void> {
    switch (happened) {
      case "edit":
        this.#edit();
        break;
      case "otherEdits":
        this.room.write(`other-${this.room.doc.getMap("notes").size}`, "van een ander");
        break;
      case "frame":
        this.#frame();
        break;
      case "rest":
        await this.#rest();
        break;
      case "stored":
        this.room.socket.tell({ type: "stored", upTo: this.room.socket.updates });
        break;
      case "cut":
        await this.#cut();
        break;
      case "welcome":
        if (!this.#isWelcome) this.room.socket.welcome();
        this.#isWelcome = true;
        break;
      case "reload":
        await this.#rest();
        this.connection.close();
        this.connection = this.#open();
        break;
    }
  }

  /** The network holds, and the room has time to store everything. */
  async finish(): Promise<void> {
    await this.#cut();
    this.room.socket.welcome();
    await this.#rest();
    this.#frame();
    this.room.socket.tell({ type: "stored", upTo: this.room.socket.updates });
    await this.#rest();
  }

  /** What was written here and is not in the room. */
  missing(): string[] {
    const there = new Set(notesOf(this.room.doc));
    return this.#written.filter((text) => !there.has(text));
  }

  #open(): RoomConnection {
    this.#frames.length = 0;
    this.#isWelcome = false;
    const connection = new RoomConnection("r", this.room);
    connection.open();
    return connection;
  }

  #edit(): void {
    if (!this.connection.canEdit) return;
    const text = `tekst ${this.#written.length}`;
    this.#written.push(text);
    this.connection.edit(() => this.connection.doc.getMap("notes").set(text, note(text)));
  }

  #frame(): void {
    for (const run of this.#frames.splice(0)) run();
  }

  async #cut(): Promise<void> {
    this.#isWelcome = false;
    this.room.socket.end(1006);
    await this.#rest();
    await vi.advanceTimersByTimeAsync(15_000);
  }

  /** Lets the local store and every promise come to rest; its turns are real, its timers are not. */
  async #rest(): Promise<void> {
    for (let turn = 0; turn < 30; turn++) {
      await vi.advanceTimersByTimeAsync(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
