/** Nothing is cut off or pushed out of a window: at usual sizes, zoomed in, and with wide spacing. */

import type { Page } from "@playwright/test";

import { expect, openBoard, type Person, SAMPLE, test } from "./workshop.ts";

const COACH: Person = { name: "Carla", municipality: "Lindenwaard" };
const LONG_TITLE =
  "Ik wil een evenementenvergunningaanvraag doen voor het buurtfeest in de Lindenwaardse binnenstad";

/** WCAG 1.4.12 asks that this loses nothing. */
const WIDE_SPACING = `* {
  line-height: 1.5 !important;
  letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important;
}`;

const WINDOWS = [
  { name: "a laptop", width: 1440, height: 900, header: 70 },
  { name: "a tablet", width: 1024, height: 768, header: 70 },
  { name: "a laptop at 200 %", width: 720, height: 450, header: 130 },
  { name: "a phone", width: 390, height: 844, header: 150 },
  { name: "a laptop at 400 %", width: 320, height: 256, header: 190 },
] as const;

for (const { name, width, height, header } of WINDOWS) {
  test(`a long title leaves ${name} to the board`, async ({ server, people }) => {
    const room = await server.createRoom(SAMPLE, LONG_TITLE);
    const page = await people.laptop({ viewport: { width, height } });
    await people.enter(page, room.invitations.coach, COACH);

    await openBoard(page, room.id);

    const box = await page.locator("header").first().boundingBox();
    expect(box?.height).toBeLessThanOrEqual(header);
    await expect(page.getByTitle(LONG_TITLE)).toBeVisible();
    expect(await widerThanWindow(page)).toBe(false);
    expect(await cutControls(page)).toEqual([]);
  });
}

test("a phone shows the heartbeat in words without sideways reading", async ({ server, people }) => {
  const room = await server.createRoom(SAMPLE);
  const page = await people.phone();
  await people.enter(page, room.invitations.coach, COACH);
  await openBoard(page, room.id);

  await page.getByRole("button", { name: "In woorden" }).click();

  const story = await page.getByText(/begint negatief/).boundingBox();
  expect((story?.x ?? 0) + (story?.width ?? Number.NaN)).toBeLessThanOrEqual(390);
});

for (const path of ["", "/phone", "/vote", "/invite", "/people"]) {
  test(`wide spacing cuts nothing at /rooms/…${path}`, async ({ server, people }) => {
    const room = await server.createRoom(SAMPLE);
    for (const page of [await people.laptop(), await people.phone()]) {
      await people.enter(page, room.invitations.coach, COACH);
      await page.goto(`/rooms/${room.id}${path}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await space(page);

      expect(await widerThanWindow(page)).toBe(false);
      expect(await cutControls(page)).toEqual([]);
    }
  });
}

/** The security policy lets no style tag in; a sheet made by script is the browser's own. */
async function space(page: Page): Promise<void> {
  await page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets.push(sheet);
  }, WIDE_SPACING);
}

function widerThanWindow(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth;
  });
}

/** Buttons and links whose own text does not fit them, but for texts that are cut on purpose. */
function cutControls(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, a")]
      .filter((control) => control.checkVisibility() && !control.title)
      .filter((control) => control.scrollWidth > control.clientWidth + 1)
      .map((control) => control.textContent?.trim() ?? ""),
  );
}
