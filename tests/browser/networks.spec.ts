/** Networks that let no WebSocket through, and those that change under a page. */

import type { Locator, Page } from "@playwright/test";

import {
  allSaved,
  expect,
  note,
  openBoard,
  People,
  type Person,
  SAMPLE,
  test,
  type WebSockets,
  writeNote,
} from "./workshop.ts";

const NOOR: Person = { name: "Noor", municipality: "Duinrade" };
const PIM: Person = { name: "Pim", municipality: "Oosterveen" };
const PLACE = "Doet de vergunningcheck";
const WORKING_WITHIN_MS = 5000;
const IN_STEP_WITHIN_MS = 2000;

for (const webSockets of ["refused", "ignored", "swallowed"] satisfies WebSockets[]) {
  test.describe(`where WebSockets are ${webSockets}`, () => {
    test.use({ webSockets });

    test("a page works within five seconds of its start", async ({ server, people }) => {
      const room = await server.createRoom(SAMPLE);
      const [noor, pim] = [await people.laptop(), await people.laptop()];
      await people.enter(noor, room.invitations.participant, NOOR);
      await people.enter(pim, room.invitations.participant, PIM);
      const alarms = await watchForAlarms(noor);

      await openBoard(noor, room.id);
      await expect(status(noor)).toHaveText("Alles bewaard");
      const workingAfter = await noor.evaluate(() => performance.now());
      await openBoard(pim, room.id);
      await writeNote(noor, PLACE, "Langs een omweg");
      await writeNote(pim, PLACE, "En weer terug");

      await expect(note(pim, "Langs een omweg")).toContainText("Duinrade");
      await expect(note(noor, "En weer terug")).toContainText("Oosterveen");
      await expect(status(noor)).toHaveAttribute("data-way", "eventStream");
      await allSaved(noor);
      expect(workingAfter).toBeLessThan(WORKING_WITHIN_MS);
      expect(await alarms()).toEqual([]);
    });
  });
}

for (const webSockets of ["allowed", "refused"] satisfies WebSockets[]) {
  test.describe(`where WebSockets are ${webSockets} and the network changes`, () => {
    test.use({ webSockets });

    test("a page is in step within two seconds", async ({ server, network, browser }) => {
      const room = await server.createRoom(SAMPLE);
      const [here, elsewhere] = [new People(browser, network.url), new People(browser, server.url)];
      const [noor, pim] = [await here.laptop(), await elsewhere.laptop()];
      await here.enter(noor, room.invitations.participant, NOOR);
      await elsewhere.enter(pim, room.invitations.participant, PIM);
      await openBoard(noor, room.id);
      await openBoard(pim, room.id);
      await expect(status(noor)).toHaveText("Alles bewaard");
      const way = webSockets === "allowed" ? "webSocket" : "eventStream";
      await expect(status(noor)).toHaveAttribute("data-way", way);

      network.freeze();
      await noor.context().setOffline(true);
      await writeNote(pim, PLACE, "Terwijl je weg was");
      await allSaved(pim);
      await noor.context().setOffline(false);
      const from = Date.now();
      await expect(note(noor, "Terwijl je weg was")).toBeVisible();

      expect(Date.now() - from).toBeLessThan(IN_STEP_WITHIN_MS);
      await Promise.all([here.close(), elsewhere.close()]);
    });
  });
}

function status(page: Page): Locator {
  return page.locator("[data-way]");
}

/** Notes every moment at which the page says that it has no connection. */
async function watchForAlarms(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const alarms: string[] = [];
    Object.assign(window, { alarms });
    const look = () => {
      const text = document.body?.innerText ?? "";
      if (text.includes("Geen verbinding")) alarms.push(text);
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  });
  return () => page.evaluate(() => (window as unknown as { alarms: string[] }).alarms);
}
