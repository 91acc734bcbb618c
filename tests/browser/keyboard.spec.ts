/** The board without a mouse: nothing here clicks, taps or drags. */

import type { Locator, Page } from "@playwright/test";

import { expect, grid, notesAt, point, SAMPLE, test } from "./workshop.ts";

const FIRST = "Zoekt informatie op de website";
const SECOND = "Doet de vergunningcheck";
const IDEA = "Zet de voorwaarden bovenaan";
const MOST_TABS = 40;

test("a note is written, moved and a score changed and taken back by keys alone", async ({
  server,
  people,
}) => {
  const room = await server.createRoom(SAMPLE);
  const page = await people.laptop();
  await people.enter(page, room.invitations.participant, { name: "Noor", municipality: "Duinrade" });
  await page.goto(`/rooms/${room.id}`);
  await expect(grid(page)).toBeVisible();

  await test.step("into the grid, with one tab stop", async () => {
    await tabTo(page, grid(page).locator("[data-cell][tabindex='0']"));
    await page.keyboard.press("Tab");
    expect(await grid(page).evaluate(holdsFocus)).toBe(false);
    await page.keyboard.press("Shift+Tab");
    expect(await grid(page).evaluate(holdsFocus)).toBe(true);
  });

  await test.step("write a note", async () => {
    await page.keyboard.press("Home");
    await down(page, 5);
    await page.keyboard.press("n");
    await expect(page.getByRole("textbox", { name: `Nieuw briefje bij ${FIRST}` })).toBeFocused();
    await page.keyboard.type(IDEA);
    await page.keyboard.press("Enter");
    await expect(card(page, FIRST)).toBeVisible();
    await page.keyboard.press("Escape");
  });

  await test.step("carry it to the next touchpoint", async () => {
    await page.keyboard.press("Enter");
    await pressUntilFocused(page, "ArrowDown", card(page, FIRST));
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Space");
    await expect(card(page, SECOND)).toBeFocused();
    await expect(card(page, FIRST)).toHaveCount(0);
  });

  await test.step("change a score, and take it back", async () => {
    const score = point(page, "Farah", SECOND);
    const before = await score.getAttribute("aria-valuenow");
    await page.keyboard.press("Escape");
    await up(page, 3);
    await page.keyboard.press("Enter");
    await expect(score).toBeFocused();
    await page.keyboard.press(before === "-2" ? "End" : "Home");
    await expect(score).toHaveAttribute("aria-valuenow", before === "-2" ? "2" : "-2");
    await page.keyboard.press("Control+z");
    await expect(score).toHaveAttribute("aria-valuenow", before ?? "");
    await page.keyboard.press("Control+z");
    await expect(card(page, FIRST)).toBeVisible();
  });
});

function card(page: Page, place: string): Locator {
  return notesAt(page, place).getByRole("listitem", { name: `Idee: ${IDEA}` });
}

function holdsFocus(element: Element): boolean {
  return element.contains(document.activeElement);
}

async function tabTo(page: Page, target: Locator): Promise<void> {
  await pressUntilFocused(page, "Tab", target);
}

async function pressUntilFocused(page: Page, key: string, target: Locator): Promise<void> {
  for (let press = 0; press < MOST_TABS; press++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  await expect(target).toBeFocused();
}

async function down(page: Page, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await page.keyboard.press("ArrowDown");
}

async function up(page: Page, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await page.keyboard.press("ArrowUp");
}
