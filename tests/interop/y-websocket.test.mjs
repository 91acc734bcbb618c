// Unmodified y-websocket providers edit one room, also while the server is restarted under them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

import { TestServer, eventually } from "../support/server.mjs";

let server;
const providers = [];

before(async () => {
  server = await TestServer.start();
});

after(async () => {
  for (const provider of providers) {
    provider.destroy();
    // The document's awareness has a timer, which would keep this process alive.
    provider.doc.destroy();
  }
  await server.stop();
});

/** A provider as its documentation shows it, with a ticket in its parameters. */
async function connect(room, invitation) {
  const person = await server.join(invitation);
  const ticket = await server.ticket(person);
  const doc = new Y.Doc();
  const url = `ws://127.0.0.1:${server.port}/sync`;
  const provider = new WebsocketProvider(url, room.id, doc, {
    params: { ticket },
    WebSocketPolyfill: WebSocket,
    disableBc: true,
    maxBackoffTime: 200,
  });
  providers.push(provider);
  await eventually("a provider to be in step", () => provider.synced);
  return { doc, provider };
}

function addNote(doc, id, text) {
  doc.transact(() => {
    const note = new Y.Map();
    note.set("kind", "idea");
    note.set("order", "V");
    note.set("text", new Y.Text(text));
    doc.getMap("notes").set(id, note);
  });
}

const textOf = (doc, id) => doc.getMap("notes").get(id)?.get("text")?.toString();
const notesOf = (doc) => doc.getMap("notes").toJSON();

test("two unmodified providers converge, also after the server was restarted under them", async () => {
  const room = await server.createRoom();
  const one = await connect(room, room.invitations.coach);
  const two = await connect(room, room.invitations.coach);

  addNote(one.doc, "a", "Statusbalk");
  await eventually("a note to arrive", () => textOf(two.doc, "a"));
  one.doc.getMap("notes").get("a").get("text").insert(10, " zoals bij een pakketje");
  two.doc.getMap("notes").get("a").get("text").insert(0, "Idee: ");
  const merged = "Idee: Statusbalk zoals bij een pakketje";
  await eventually("both edits on both sides", () =>
    textOf(one.doc, "a") === merged && textOf(two.doc, "a") === merged);

  await server.kill();
  addNote(one.doc, "b", "Geschreven zonder server");
  two.doc.getMap("notes").get("a").set("order", "k");
  await server.launch();

  await eventually("work done offline to arrive", () =>
    textOf(two.doc, "b") && one.doc.getMap("notes").get("a").get("order") === "k");
  assert.deepEqual(notesOf(one.doc), notesOf(two.doc));
  const three = await connect(room, room.invitations.observer);
  assert.deepEqual(notesOf(three.doc), notesOf(one.doc));
});

test("awareness reaches the others and ends with its connection", async () => {
  const room = await server.createRoom();
  const one = await connect(room, room.invitations.coach);
  const two = await connect(room, room.invitations.participant);

  one.provider.awareness.setLocalStateField("cell", "f1t1");
  const id = one.doc.clientID;
  await eventually("the state to arrive", () =>
    two.provider.awareness.getStates().get(id)?.cell === "f1t1");

  one.provider.destroy();
  await eventually("the state to end", () => !two.provider.awareness.getStates().has(id));
});

test("a plain client that may not write is told so and the room does not change", async () => {
  const room = await server.createRoom();
  const coach = await connect(room, room.invitations.coach);
  const observer = await connect(room, room.invitations.observer);
  let code;
  observer.provider.on("connection-close", (event) => {
    code ??= event?.code;
  });

  addNote(observer.doc, "forged", "Ik mag dit niet");

  await eventually("the connection to close", () => code);
  assert.equal(code, 4403);
  addNote(coach.doc, "honest", "Ik wel");
  const witness = await connect(room, room.invitations.observer);
  assert.deepEqual(Object.keys(notesOf(witness.doc)), ["honest"]);
});
