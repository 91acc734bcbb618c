/** Unmodified y-websocket providers and the client in Chromium edit one room. */

import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

import { eventually } from "../support/server.mjs";
import { allSaved, expect, note, openBoard, SAMPLE, test, writeNote } from "./workshop.ts";

const PLACE = "Doet de vergunningcheck";
/** A cell shows its first notes only, so the providers write in another. */
const BESIDE = "Gesprek met de evenementencoördinator";

test("two plain providers and a browser converge, also after the server was restarted under them", async ({
  server,
  people,
}) => {
  const room = await server.createRoom(SAMPLE);
  const page = await people.laptop();
  await people.enter(page, room.invitations.coach, { name: "Carla", municipality: "Duinrade" });
  await openBoard(page, room.id);
  const one = await connect(server, room);
  const two = await connect(server, room);
  const spot = spotOf(one.doc, BESIDE);

  addNote(one.doc, spot, "Van de eerste");
  await writeNote(page, PLACE, "Uit Chromium");
  addNote(two.doc, spot, "Van de tweede");
  await allSaved(page);
  await expectConverged(["Van de eerste", "Uit Chromium", "Van de tweede"]);

  await server.kill();
  addNote(one.doc, spot, "Zonder server, van de eerste");
  await writeNote(page, PLACE, "Zonder server, uit Chromium");
  addNote(two.doc, spot, "Zonder server, van de tweede");
  await server.launch();

  await allSaved(page);
  await expectConverged([
    "Van de eerste",
    "Zonder server, van de eerste",
    "Zonder server, uit Chromium",
    "Zonder server, van de tweede",
  ]);
  for (const provider of [one, two]) {
    provider.destroy();
    provider.doc.destroy();
  }

  async function expectConverged(texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await expect(note(page, text).first()).toBeVisible();
      await eventually(`${text} at both providers`, () =>
        [one.doc, two.doc].every((doc) => textsIn(doc).includes(text)),
      );
    }
    await eventually("equal documents", () => fingerprint(one.doc) === fingerprint(two.doc));
    const journey = await (await page.request.get(`/api/v1/rooms/${room.id}/journey`)).text();
    for (const text of texts) expect(journey).toContain(text);
  }
});

async function connect(server: any, room: any): Promise<WebsocketProvider> {
  const person = await server.join(room.invitations.coach);
  const ticket = await server.ticket(person);
  const provider = new WebsocketProvider(
    `ws://127.0.0.1:${server.port}/sync`,
    room.id,
    new Y.Doc(),
    {
      params: { ticket },
      WebSocketPolyfill: WebSocket as any,
      disableBc: true,
      maxBackoffTime: 200,
    },
  );
  await eventually("a provider to be in step", () => provider.synced);
  return provider;
}

/** Where a note at a touchpoint hangs. */
function spotOf(doc: Y.Doc, touchpoint: string): { phase: string; touchpoint: string } {
  for (const [id, entry] of doc.getMap("touchpoints").entries()) {
    const fields = entry as Y.Map<unknown>;
    if (fields.get("title") === touchpoint && fields.get("layer") === "current") {
      return { phase: String(fields.get("phase")), touchpoint: id };
    }
  }
  throw new Error(`there is no touchpoint ${touchpoint}`);
}

function addNote(doc: Y.Doc, place: { phase: string; touchpoint: string }, text: string): void {
  doc.transact(() => {
    const note = new Y.Map<unknown>();
    for (const [key, value] of Object.entries(place)) note.set(key, value);
    note.set("kind", "idea");
    note.set("order", "V");
    note.set("text", new Y.Text(text));
    doc.getMap("notes").set(crypto.randomUUID(), note);
  });
}

function textsIn(doc: Y.Doc): string[] {
  return [...doc.getMap("notes").values()].map((note) =>
    String((note as Y.Map<unknown>).get("text")),
  );
}

function fingerprint(doc: Y.Doc): string {
  const notes = Object.entries(doc.getMap("notes").toJSON());
  return JSON.stringify(notes.sort(([one], [other]) => (one < other ? -1 : 1)));
}
