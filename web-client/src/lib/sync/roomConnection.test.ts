import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as awarenessProtocol from "y-protocols/awareness";
import * as Y from "yjs";
import { CloseCode } from "../protocol/generated.ts";
import { FakeRoom, note, notesOf } from "./fakeRoom.ts";
import * as frames from "./frames.ts";
import { RoomConnection } from "./roomConnection.svelte.ts";

/** What is promised to who is let back in: not derived from the code. */
const BACK_WITHIN_MS = 8000;

let room: FakeRoom;
const open: RoomConnection[] = [];

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  localStorage.clear();
  sessionStorage.clear();
  room = new FakeRoom();
});

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("m1_nothing is sent before the welcome", async () => {
  const connection = connect();
  connection.edit(() => connection.doc.getMap("notes").set("n", note("vroeg")));
  room.socket.openSilently();
  room.socket.deliver(frames.writeStep1(new Uint8Array([0])));
  await turn();

  expect(room.socket.updates).toBe(0);
  room.socket.welcome();
  await vi.waitFor(() => expect(notesOf(room.doc)).toEqual(["vroeg"]));
});

test("what stands in the room is loaded, and what others write comes in", async () => {
  room.write("a", "stond er al");
  const connection = await welcomed();

  room.write("b", "kwam erbij");

  expect(notesOf(connection.doc).sort()).toEqual(["kwam erbij", "stond er al"]);
  expect(connection.unsent).toBe(0);
});

test("w6_an edit is unsaved until the room says that it is stored", async () => {
  const connection = await welcomed();
  connection.edit(() => connection.doc.getMap("notes").set("n", note("idee")));
  expect([connection.unsent, connection.saved]).toEqual([1, false]);
  await vi.waitFor(() => expect(notesOf(room.doc)).toEqual(["idee"]));

  room.socket.tell({ type: "stored", upTo: room.socket.updates });

  expect([connection.unsent, connection.saved]).toEqual([0, true]);
});

test("edits of one frame go as one message", async () => {
  const connection = await welcomed();
  const before = room.socket.updates;

  for (const id of ["a", "b", "c"]) {
    connection.edit(() => connection.doc.getMap("notes").set(id, note(id)));
  }
  await vi.waitFor(() => expect(notesOf(room.doc)).toHaveLength(3));

  expect(room.socket.updates).toBe(before + 1);
});

test("edits made without a connection go out when it is back", async () => {
  const connection = await welcomed();
  room.socket.end(CloseCode.restart);
  connection.edit(() => connection.doc.getMap("notes").set("n", note("onderweg")));
  expect([connection.connected, connection.unsent]).toEqual([false, 1]);

  await reconnected(connection);
  await vi.waitFor(() => expect(notesOf(room.doc)).toEqual(["onderweg"]));
  room.socket.tell({ type: "stored", upTo: 1 });

  expect(connection.saved).toBe(true);
});

test("unsent work survives a reload, and is counted", async () => {
  const before = await welcomed();
  room.socket.end(1006);
  before.edit(() => before.doc.getMap("notes").set("n", note("bewaard")));
  await settled();
  before.close();

  const after = connect();
  await vi.waitFor(() => expect(notesOf(after.doc)).toEqual(["bewaard"]));
  expect([after.loaded, after.unsent]).toEqual([true, 1]);
  room.socket.welcome();
  await vi.waitFor(() => expect(notesOf(room.doc)).toEqual(["bewaard"]));
});

test("a refused edit is dropped, and its text is shown to who wrote it", async () => {
  room.write("a", "van de groep");
  const connection = await welcomed();
  room.admits = false;
  connection.edit(() => connection.doc.getMap("notes").set("b", note("mag niet")));
  await settled();

  room.socket.tell({ type: "refused", message: room.socket.updates, reason: "notAllowed" });

  expect(notesOf(connection.doc)).toEqual(["van de groep"]);
  expect(connection.refusal).toEqual({ reason: "notAllowed", texts: ["mag niet"] });
  expect([connection.unsent, connection.connected]).toEqual([0, true]);
  connection.acknowledgeRefusal();
  expect(connection.refusal).toBeUndefined();
});

test("a refused edit does not come back with a reload", async () => {
  const connection = await welcomed();
  room.admits = false;
  connection.edit(() => connection.doc.getMap("notes").set("b", note("mag niet")));
  await settled();
  room.socket.tell({ type: "refused", message: room.socket.updates, reason: "notAllowed" });
  await settled();
  connection.close();

  room.admits = true;
  const after = await welcomed();

  expect([notesOf(after.doc), notesOf(room.doc)]).toEqual([[], []]);
});

test("two refusals of one moment drop the document once", async () => {
  const connection = await welcomed();
  room.admits = false;
  for (const id of ["a", "b"]) {
    connection.edit(() => connection.doc.getMap("notes").set(id, note(id)));
    await settled();
  }
  const last = room.socket.updates;
  room.socket.tell({ type: "refused", message: last - 1, reason: "notAllowed" });
  const replacement = connection.doc;

  room.socket.tell({ type: "refused", message: last, reason: "notAllowed" });

  expect(connection.doc).toBe(replacement);
});

test("m1_a room of another epoch replaces the local copy", async () => {
  const before = await welcomed();
  before.edit(() => before.doc.getMap("notes").set("old", note("oud")));
  await vi.waitFor(() => expect(notesOf(room.doc)).toEqual(["oud"]));
  await settled();
  before.close();
  room = new FakeRoom();
  room.epoch = 2;
  room.write("new", "nieuw");

  const after = await welcomed();

  expect([notesOf(after.doc), notesOf(room.doc)]).toEqual([["nieuw"], ["nieuw"]]);
  expect(after.refusal?.texts).toEqual(["oud"]);
});

test("a server of another build stops editing and keeps unsent work", async () => {
  const connection = connect();
  connection.edit(() => connection.doc.getMap("notes").set("n", note("idee")));

  room.socket.welcome({ build: "b2" });
  await settled();

  expect([connection.stopped, connection.canEdit, connection.unsent]).toEqual([
    "outdated",
    false,
    1,
  ]);
  expect(room.socket.updates).toBe(0);
});

test.each([
  [CloseCode.roomGone, "roomGone"],
  [CloseCode.tooLarge, "tooLarge"],
])("close code %i stops for good: %s", async (code, reason) => {
  const connection = await welcomed();

  room.socket.end(code);

  expect([connection.stopped, connection.canEdit]).toEqual([reason, false]);
});

test("w3_a room that may not be opened is asked why, and left", async () => {
  room.probed = "unauthorised";
  const connection = connect();

  room.socket.end(1006);
  await settled();

  expect(connection.stopped).toBe("unauthorised");
});

test.each(["unauthorised", "sentAway"] as const)("who is put out is told why: %s", async (why) => {
  const connection = await welcomed();
  room.probed = why;

  room.socket.end(CloseCode.unauthorised);
  await settled();

  expect([connection.stopped, connection.canEdit]).toEqual([why, false]);
});

test("h14_who is let back in is there within seconds, with what was written meanwhile", async () => {
  const connection = await welcomed();
  vi.useFakeTimers();
  room.probed = "sentAway";
  room.socket.end(CloseCode.unauthorised);
  await vi.advanceTimersByTimeAsync(BACK_WITHIN_MS);
  connection.edit(() => connection.doc.getMap("notes").set("n", note("bewaard")));
  expect([connection.stopped, room.sockets.length]).toEqual(["sentAway", 1]);

  room.probed = "reachable";
  await vi.advanceTimersByTimeAsync(BACK_WITHIN_MS);
  room.socket.welcome();
  await vi.advanceTimersByTimeAsync(0);

  expect([connection.stopped, connection.canEdit]).toEqual([undefined, true]);
  expect(notesOf(room.doc)).toContain("bewaard");
});

test("a line that went dead in sleep is found within two seconds of waking", async () => {
  const connection = await welcomed();
  vi.useFakeTimers();

  window.dispatchEvent(new Event("online"));
  expect(room.socket.orders).toEqual([{ type: "barrier", id: 1 }]);
  await vi.advanceTimersByTimeAsync(1400);

  expect(connection.connected).toBe(false);
  expect(room.sockets).toHaveLength(2);
});

test("a stream that gives way to a WebSocket loses nothing, and nobody hears of it", async () => {
  sessionStorage.setItem("hartslag.way", "eventStream");
  const connection = await welcomed();
  expect(connection.way).toBe("eventStream");
  connection.edit(() => connection.doc.getMap("notes").set("a", note("over de stroom")));
  await vi.waitFor(() => expect(notesOf(room.doc)).toEqual(["over de stroom"]));
  const stream = room.socket;

  const seen = await overtaken(connection);
  connection.edit(() => connection.doc.getMap("notes").set("b", note("over de socket")));
  await vi.waitFor(() => expect(notesOf(room.doc)).toHaveLength(2));
  room.socket.tell({ type: "stored", upTo: room.socket.updates });

  expect([connection.way, stream.readyState, seen]).toEqual(["webSocket", WebSocket.CLOSED, true]);
  expect(connection.saved).toBe(true);
});

test("an answered check keeps the connection", async () => {
  const connection = await welcomed();
  vi.useFakeTimers();

  window.dispatchEvent(new Event("online"));
  room.socket.tell({ type: "barrierReached", id: 1 });
  await vi.advanceTimersByTimeAsync(3000);

  expect([connection.connected, room.sockets.length]).toEqual([true, 1]);
});

test("who leaves the page with unsent work is asked, and nobody else", async () => {
  const connection = await welcomed();
  const asked = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  room.socket.tell({ type: "stored", upTo: room.socket.updates });
  expect(asked()).toBe(false);

  connection.edit(() => connection.doc.getMap("notes").set("n", note("idee")));

  expect(asked()).toBe(true);
});

test("others see who is here, and no ghost of a dropped document", async () => {
  const connection = await welcomed();
  connection.awareness.setLocalStateField("focus", "t1");
  expect(room.seenStates()).toEqual([{ participant: "p1", focus: "t1" }]);

  connection.edit(() => connection.doc.getMap("notes").set("n", note("x")));
  await settled();
  room.socket.tell({ type: "refused", message: room.socket.updates, reason: "notAllowed" });

  expect(room.seenStates()).toEqual([{ participant: "p1" }]);
});

test("p10_a client id is of no room before this person writes, and is shown to nobody", async () => {
  const connection = await welcomed();
  const writes = connection.doc.clientID;
  connection.awareness.setLocalStateField("cell", "note/t1");
  const others = new awarenessProtocol.Awareness(new Y.Doc());
  for (const update of room.awareness) {
    awarenessProtocol.applyAwarenessUpdate(others, update, null);
  }

  expect([...others.getStates().keys()]).not.toContain(writes);
  expect(room.doc.store.clients.has(writes)).toBe(false);
  connection.edit(() => connection.doc.getMap("notes").set("n", note("idee")));
  await vi.waitFor(() => expect(room.doc.store.clients.has(writes)).toBe(true));
  others.destroy();
});

test("people, rounds and a higher role are followed", async () => {
  const connection = await welcomed({ role: "participant" });
  const me = { id: "p1", name: "Noor", municipality: "Breda", role: "coach", colour: 0 } as const;
  const round = {
    id: "r1",
    title: "Top",
    options: [],
    budget: 3,
    cap: 2,
    onlyPresent: false,
    status: "open",
  } as const;

  room.socket.tell({ type: "participantArrived", participant: me });
  room.socket.tell({ type: "roundChanged", round: { ...round, options: [] } });
  room.socket.tell({ type: "roundProgress", round: "r1", answered: 4 });

  expect(connection.me).toEqual({ participant: "p1", role: "coach" });
  expect(connection.participants).toEqual([me]);
  expect([connection.rounds[0]?.title, connection.answered.r1]).toEqual(["Top", 4]);
});

function connect(): RoomConnection {
  const connection = new RoomConnection("r", room);
  open.push(connection);
  connection.open();
  return connection;
}

async function welcomed(change = {}): Promise<RoomConnection> {
  const connection = connect();
  room.socket.welcome(change);
  await vi.waitFor(() => expect(connection.connected && connection.loaded).toBe(true));
  return connection;
}

/** Lets a WebSocket take over from a stream; whether the connection was there all along. */
async function overtaken(connection: RoomConnection): Promise<boolean> {
  window.dispatchEvent(new Event("online"));
  room.socket.tell({ type: "barrierReached", id: 1 });
  await vi.waitFor(() => expect(room.sockets).toHaveLength(2), { timeout: 5000 });
  room.socket.welcome();
  const wasThere = connection.connected;
  await settled();
  return wasThere && connection.connected;
}

async function reconnected(connection: RoomConnection): Promise<void> {
  const before = room.sockets.length;
  await vi.waitFor(() => expect(room.sockets.length).toBeGreaterThan(before), { timeout: 3000 });
  room.socket.welcome();
  await vi.waitFor(() => expect(connection.connected).toBe(true));
}

/** Lets everything that is under way come to rest: promises, and the store's own turns. */
async function settled(): Promise<void> {
  for (let round = 0; round < 20; round++) await turn();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
