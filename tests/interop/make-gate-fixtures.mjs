/**
 * Makes the corpora of honest updates that the gate must admit (protocol/fixtures/gate).
 *
 * Each corpus is what a server hears in one session of real Yjs clients, in the order in which it
 * hears it, behind each other as byte arrays with their length; the last one is the state of the
 * whole document. The sessions follow from a seed, so that the same files come out again.
 *
 * Needs the npm package yjs 13.6 in tests/node_modules: node tests/interop/make-gate-fixtures.mjs
 */
import { writeFileSync } from "node:fs";
import * as Y from "yjs";

const TARGET = new URL("../../protocol/fixtures/gate/", import.meta.url);
const WORDS = ["wachten", "loket", "één", "🚲 fiets", "café", "naïef", "👩‍🚒", "x", "brief", " "];

/** Numbers in [0, 1) that follow from a seed (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A client, its clock of ids, and what it has not sent or heard yet. */
class Client {
  constructor(id, server, options) {
    this.doc = new Y.Doc(options);
    this.doc.clientID = id;
    this.server = server;
    this.outbox = [];
    this.inbox = [];
    this.online = true;
    this.doc.on("update", (update, origin) => {
      if (origin !== this) this.outbox.push(update);
    });
    this.undo = new Y.UndoManager(
      ["board", "phases", "touchpoints", "scores", "notes"].map((name) => this.doc.getMap(name)),
      { captureTimeout: 0 },
    );
  }

  send() {
    for (const update of this.outbox.splice(0)) this.server.hear(update, this);
  }

  hear() {
    for (const update of this.inbox.splice(0)) Y.applyUpdate(this.doc, update, this);
  }

  /** What y-websocket does on a new connection: both sides send what the other lacks. */
  reconnect() {
    this.online = true;
    this.outbox = [];
    this.inbox = [];
    const theirs = Y.encodeStateVector(this.server.doc);
    const ours = Y.encodeStateVector(this.doc);
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(this.server.doc, ours), this);
    this.server.hear(Y.encodeStateAsUpdate(this.doc, theirs), this);
  }
}

/** Relays updates and writes down what it hears. */
class Server {
  constructor() {
    this.doc = new Y.Doc();
    this.doc.clientID = 1;
    this.clients = [];
    this.heard = [];
  }

  hear(update, from) {
    this.heard.push(update);
    Y.applyUpdate(this.doc, update);
    for (const client of this.clients) {
      if (client !== from && client.online) client.inbox.push(update);
    }
  }

  save(name) {
    const records = [...this.heard, Y.encodeStateAsUpdate(this.doc)];
    const bytes = records.flatMap((record) => [...varUint(record.length), ...record]);
    writeFileSync(new URL(`${name}.bin`, TARGET), Uint8Array.from(bytes));
    console.log(name, records.length, "records", bytes.length, "bytes");
  }
}

function varUint(number) {
  const bytes = [];
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

/** One edit of a board, of a kind that the web client makes or that any Yjs client may make. */
function edit(client, next) {
  const pick = (items) => items[Math.floor(next() * items.length)];
  const doc = client.doc;
  const notes = doc.getMap("notes");
  const phases = doc.getMap("phases");
  const note = () => notes.get(pick([...notes.keys()]));
  const fresh = () => `${client.doc.clientID}-${Math.floor(next() * 1e6)}`;
  const edits = [
    () => doc.getMap("board").set(pick(["title", "summary"]), pick(WORDS)),
    () => doc.getMap("board").set("workshop", { date: "2026-11-22", rooms: [1, 2.5, null, true] }),
    () => doc.getMap("scores").set(pick(["a:b", "a:c"]), Math.floor(next() * 5) - 2),
    () => {
      const phase = new Y.Map();
      phases.set(fresh(), phase);
      phase.set("title", pick(WORDS));
      phase.set("order", fresh());
    },
    () => doc.transact(() => {
      const made = new Y.Map();
      notes.set(fresh(), made);
      made.set("kind", pick(["idea", "question"]));
      made.set("text", new Y.Text(pick(WORDS)));
      made.set("createdAt", 1_790_000_000_000 + Math.floor(next() * 1e9));
      made.set("touchpoint", null);
      made.set("order", "a");
      made.set("order", fresh());
    }),
    () => note()?.set("order", fresh()),
    () => note()?.set("status", pick(["new", "selected", undefined, -1.5, 2 ** 40, 10n])),
    () => note()?.delete(pick(["order", "status"])),
    () => next() < 0.3 && notes.delete(pick([...notes.keys()]) ?? ""),
    () => next() < 0.3 && phases.delete(pick([...phases.keys()]) ?? ""),
    () => {
      const list = doc.getMap("brief").get("list") ?? new Y.Array();
      if (!list.doc) doc.getMap("brief").set("list", list);
      list.insert(Math.floor(next() * (list.length + 1)), [pick(WORDS), 1, { a: [true] }]);
      if (list.length > 4) list.delete(1, 2);
    },
    () => client.undo.undo(),
    () => client.undo.redo(),
  ];
  const type = () => {
    const text = note()?.get("text");
    if (!text) return;
    const at = Math.floor(next() * (text.length + 1));
    const kind = next();
    if (kind < 0.55) text.insert(at, pick(WORDS));
    else if (kind < 0.8 && text.length > 1) text.delete(Math.min(at, text.length - 1), 1);
    else if (kind < 0.9 && text.length > 2) text.format(0, 2, { bold: next() < 0.5 ? true : null });
    else text.insertEmbed(at, { image: pick(WORDS) });
  };
  if (next() < 0.45) type();
  else pick(edits)();
}

/** Clients edit at once; messages wait for a while on both ways; some work offline. */
function session(name, { seed, clients, steps, offline = 0, gc = true }) {
  const next = random(seed);
  const server = new Server();
  for (let at = 0; at < clients; at++) {
    server.clients.push(new Client(1000 + Math.floor(next() * 2 ** 31), server, { gc }));
  }
  for (let step = 0; step < steps; step++) {
    const client = server.clients[Math.floor(next() * clients)];
    edit(client, next);
    if (next() < offline) {
      if (client.online) client.online = false;
      else client.reconnect();
    }
    if (!client.online) continue;
    if (next() < 0.5) client.send();
    if (next() < 0.3) client.hear();
    if (next() < 0.02) client.reconnect();
  }
  for (const client of server.clients) client.reconnect();
  server.save(name);
}

/** One person types, undoes and redoes offline, and then sends everything at once. */
function alone(name) {
  const server = new Server();
  const client = new Client(77, server);
  server.clients.push(client);
  const board = client.doc.getMap("board");
  for (const title of ["a", "b", "c", "d"]) board.set("title", title);
  client.undo.undo();
  client.undo.undo();
  client.undo.redo();
  const text = new Y.Text();
  const note = new Y.Map([["text", text]]);
  client.doc.getMap("notes").set("n", note);
  for (const letter of "wachten bij het loket 🚲") text.insert(text.length, letter);
  client.doc.getMap("notes").delete("n");
  client.undo.undo();
  client.reconnect();
  server.save(name);
}

session("online", { seed: 1, clients: 5, steps: 600 });
session("offline", { seed: 2, clients: 4, steps: 500, offline: 0.1 });
session("keeping", { seed: 3, clients: 3, steps: 300, offline: 0.1, gc: false });
alone("alone");
