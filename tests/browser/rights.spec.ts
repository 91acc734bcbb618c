/** A coach locks the board; a participant sees it, cannot type, and goes on when it opens again. */

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import {
  allSaved,
  expect,
  note,
  openBoard,
  type Person,
  type Room,
  SAMPLE,
  test,
  writeNote,
} from "./workshop.ts";

const COACH: Person = { name: "Carla", municipality: "Lindenwaard" };
const NOOR: Person = { name: "Noor", municipality: "Duinrade" };
const STEP = "Doet de vergunningcheck";
const RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];

test("a coach locks the board and opens it again", async ({ server, people }) => {
  const room: Room = await server.createRoom(SAMPLE);
  const coach = await people.laptop();
  await people.enter(coach, room.invitations.coach, COACH);
  await openBoard(coach, room.id);
  const noor = await people.laptop();
  await people.enter(noor, room.invitations.participant, NOOR);
  await openBoard(noor, room.id);
  const phone = await people.phone();
  await people.enter(phone, room.invitations.participant, { ...NOOR, name: "Sami" });
  await phone.goto(`/rooms/${room.id}/phone`);
  await writeNote(noor, STEP, "Voor het slot");

  await noor.getByRole("button", { name: `Idee toevoegen bij ${STEP}`, exact: true }).click();
  const field = noor.getByRole("textbox", { name: `Nieuw briefje bij ${STEP}` });
  await field.fill("Bijna klaar");
  await choose(coach, "Bord op slot");

  await expect(noor.getByText("Het bord staat op slot. Je kunt nu alleen kijken.")).toBeVisible();
  await expect(noor.getByText("Je tekst blijft hier staan")).toBeVisible();
  await field.press("Enter");
  await expect(field).toHaveValue("Bijna klaar");
  await expect(noor.getByRole("button", { name: /^Idee toevoegen bij/ })).toHaveCount(0);
  await expect(noor.getByRole("button", { name: "Niets om ongedaan te maken" })).toBeDisabled();
  await expect(phone.getByText("Het bord staat op slot. Je kunt nu alleen kijken.")).toBeVisible();
  await expect(phone.getByRole("button", { name: "Nieuw idee" })).toHaveCount(0);
  for (const page of [coach, noor, phone]) await expectAccessible(page);

  await choose(coach, "Iedereen werkt mee");
  await field.press("Enter");
  await expect(note(coach, "Bijna klaar")).toBeVisible();
  await allSaved(noor);
  await expect(noor.getByRole("dialog", { name: "Dit is niet overgenomen" })).toHaveCount(0);
});

/** By keys alone: the button, the choice, and back. */
async function choose(coach: Page, mode: string): Promise<void> {
  await coach.getByRole("button", { name: /^Wie schrijft op het bord/ }).press("Enter");
  const dialog = coach.getByRole("dialog", { name: "Wie schrijft op het bord?" });
  await expect(dialog).toBeVisible();
  await expectAccessible(coach, "dialog[open]");
  await dialog.getByRole("button", { name: mode }).press("Enter");
  await expect(dialog).toBeHidden();
}

/** A whole board takes seconds: what opens on top of one is looked at by itself, as `part`. */
async function expectAccessible(page: Page, part?: string): Promise<void> {
  const axe = new AxeBuilder({ page }).withTags(RULES);
  const { violations } = await (part ? axe.include(part) : axe).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}
