/** A coach sees who is in the room, and is one of them; others can be sent away, coaches cannot. */

import type { Page } from "@playwright/test";

import { expect, openBoard, type Person, type Room, test } from "./workshop.ts";

const CARLA: Person = { name: "Carla", municipality: "Lindenwaard" };
const BRAM: Person = { name: "Bram", municipality: "Duinrade" };
const NOOR: Person = { name: "Noor", municipality: "Duinrade" };

test("a coach who looks at the people is one of them, for others too", async ({
  server,
  people,
}) => {
  const room: Room = await server.createRoom();
  const carla = await people.laptop();
  await people.enter(carla, room.invitations.coach, CARLA);

  await openPeople(carla, room);

  await expect(carla.getByText("1 persoon is hier.")).toBeVisible();
  await expect(carla.getByText("coach, jij")).toBeVisible();
  await expect(carla.getByText(/nu weg\.$/)).toHaveCount(0);
  const bram = await people.laptop();
  await people.enter(bram, room.invitations.coach, BRAM);
  await openBoard(bram, room.id);
  await expect(bram.getByRole("button", { name: "2 mensen zijn hier" })).toBeVisible();
  await expect(carla.getByText("2 mensen zijn hier.")).toBeVisible();
  await carla.getByRole("link", { name: "Naar het begin" }).click();
  await expect(bram.getByRole("button", { name: "1 persoon is hier" })).toBeVisible();
});

test("h14 sending away is offered where there is somebody to send away", async ({
  server,
  people,
}) => {
  const room: Room = await server.createRoom();
  const carla = await people.laptop();
  await people.enter(carla, room.invitations.coach, CARLA);
  await openPeople(carla, room);
  await expect(carla.getByText("coach, blijft altijd")).toBeVisible();
  await expect(carla.getByText(/Coaches kun je niet wegsturen/)).toBeVisible();
  await expect(carla.getByRole("button", { name: /^(Stuur|Meer over)/ })).toHaveCount(0);

  const noor = await people.laptop();
  await people.enter(noor, room.invitations.participant, NOOR);
  await openBoard(noor, room.id);
  await carla.getByRole("button", { name: /^Stuur mensen weg: .*Noor/ }).press("Enter");
  await carla.getByRole("radio", { name: "10 minuten" }).check();
  await carla.getByRole("button", { name: "Stuur weg", exact: true }).press("Enter");

  await expect(carla.getByText("1 persoon is weggestuurd.").last()).toBeVisible();
  await expect(noor.getByText(/De coach heeft dit apparaat weggestuurd/)).toBeVisible();
  await expect(carla.getByText("coach, blijft altijd")).toBeVisible();
  await carla.getByRole("button", { name: "Laat weer binnen: Noor" }).press("Enter");
  await noor.reload();
  await expect(carla.getByText("2 mensen zijn hier.")).toBeVisible();
  await expect(carla.getByRole("button", { name: /^Meer over/ })).toHaveCount(1);
  await expect(carla.getByRole("button", { name: "Meer over Noor" })).toBeVisible();
});

async function openPeople(page: Page, room: Room): Promise<void> {
  await page.goto(`/rooms/${room.id}/people`);
  await expect(page.getByRole("heading", { name: "Wie is hier" })).toBeVisible();
}
