/** What was written survives: the server's sudden end, a lost connection, a reload of the page. */

import type { Page } from "@playwright/test";

import {
  allSaved,
  expect,
  grid,
  note,
  openBoard,
  point,
  RECONNECT_PATIENCE,
  SAMPLE,
  test,
  writeNote,
} from "./workshop.ts";

const PLACE = "Doet de vergunningcheck";

test("work before, during and after a crash of the server is all there", async ({
  server,
  people,
}) => {
  const room = await server.createRoom(SAMPLE);
  const writer = await people.laptop();
  await people.enter(writer, room.invitations.coach, { name: "Carla", municipality: "Duinrade" });
  await openBoard(writer, room.id);
  await writeNote(writer, PLACE, "Voor de storing");
  await allSaved(writer);

  await server.kill();
  await expect(writer.getByText(/^Geen verbinding\. Je ziet hoe het daarnet was/)).toBeVisible();
  await writeNote(writer, PLACE, "Tijdens de storing");
  await expect(writer.getByText(/^Geen verbinding\. 1 wijziging wacht/)).toBeVisible();
  await point(writer, "Farah", PLACE).press("Home");
  await expect(writer.getByText(/^Geen verbinding\. 2 wijzigingen wachten/)).toBeVisible();
  await server.launch();

  await allSaved(writer);
  await expect(writer.getByText(/^Geen verbinding/)).toHaveCount(0);
  await writeNote(writer, PLACE, "Na de storing");
  await allSaved(writer);
  const reader = await people.laptop();
  await people.enter(reader, room.invitations.observer, { name: "Pim", municipality: "" });
  await openBoard(reader, room.id);
  for (const when of ["Voor", "Tijdens", "Na"]) {
    await expect(note(reader, `${when} de storing`)).toContainText("Duinrade");
  }
  await expect(point(reader, "Farah", PLACE)).toHaveAttribute("aria-valuenow", "-2");
});

test("unsent work survives a reload of the page", async ({ server, people }) => {
  const room = await server.createRoom(SAMPLE);
  const writer = await people.laptop();
  const line = await cuttableLine(writer);
  await people.enter(writer, room.invitations.participant, { name: "Noor", municipality: "Duinrade" });
  await openBoard(writer, room.id);
  await allSaved(writer);

  line.cut();
  await expect(writer.getByText(/^Geen verbinding/).first()).toBeVisible();
  await writeNote(writer, PLACE, "Geschreven in de trein");
  await expect(writer.getByText(/^Geen verbinding\. 1 wijziging wacht/)).toBeVisible();
  writer.once("dialog", (leave) => leave.accept());
  await writer.reload();
  await expect(grid(writer)).toBeVisible();
  await expect(note(writer, "Geschreven in de trein")).toBeVisible();
  await expect(writer.getByText(/^Geen verbinding\. 1 wijziging wacht/)).toBeVisible();
  line.mend();

  await allSaved(writer);
  const reader = await people.laptop();
  await people.enter(reader, room.invitations.observer, { name: "Pim", municipality: "" });
  await openBoard(reader, room.id);
  await expect(note(reader, "Geschreven in de trein")).toBeVisible(RECONNECT_PATIENCE);
});

/** A connection to the room that can be cut while pages still load, as on a bad network. */
async function cuttableLine(page: Page): Promise<{ cut(): void; mend(): void }> {
  let isCut = false;
  const open = new Set<{ close(): Promise<void> }>();
  await page.routeWebSocket(/\/sync\//, (socket) => {
    if (isCut) {
      void socket.close({ code: 1011 });
      return;
    }
    socket.connectToServer();
    open.add(socket);
  });
  await page.route(/\/sync\/.*\/events/, (route) => (isCut ? route.abort() : route.continue()));
  return {
    cut() {
      isCut = true;
      for (const socket of open) void socket.close();
      open.clear();
    },
    mend() {
      isCut = false;
    },
  };
}
