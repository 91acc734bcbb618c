// The pictures of the documentation, taken from the product itself: `npm run pictures`.

import { mkdirSync, statSync } from "node:fs";
import { chromium } from "@playwright/test";

import { TestServer } from "../support/server.mjs";
import { CHROMIUM, LAPTOP, PHONE } from "./chromium.mjs";

const FOLDER = new URL("../../docs/pictures/", import.meta.url).pathname;
const HEAVIEST_BYTES = 300 * 1024;
const MOST_IDEAS = 6;
const CROWD = 9;

mkdirSync(FOLDER, { recursive: true });
// Behind a proxy, so that a picture can have people of several networks.
process.env.HARTSLAG_TRUST_FORWARDED_FOR = "true";
const server = await TestServer.start();
const browser = await chromium.launch(CHROMIUM);
try {
  await home();
  const room = await sampleRoom();
  const coach = await member(LAPTOP, room, "coach", "Carla", "Lindenwaard");
  const phone = await member(PHONE, room, "participant", "Noor", "Duinrade");
  await board(coach, room);
  await company(coach, room);
  await invitation(coach, room);
  await list(phone, room);
  await vote(coach, phone, room);
  await emptyRoom();
} finally {
  await browser.close();
  await server.stop();
}

async function home() {
  const page = await device(LAPTOP);
  await page.goto("/");
  await page.getByRole("radio").nth(6).waitFor();
  await picture(page, "home");
  const phone = await device(PHONE);
  await phone.goto("/join");
  await phone.getByLabel("Code").waitFor();
  await picture(phone, "join");
}

/** A room that goes by the name of its sample. */
async function sampleRoom() {
  const body = {
    title: "Ik wil een evenement organiseren",
    municipality: "Lindenwaard",
    template: "evenement-organiseren",
  };
  const response = await fetch(`${server.url}/api/v1/rooms`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: server.url },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`no room: ${response.status}`);
  return response.json();
}

async function board(page, room) {
  const others = [
    await member(LAPTOP, room, "participant", "Pim", "Duinrade"),
    await member(PHONE, room, "participant", "Sami", "Oosterveen"),
  ];
  for (const other of others) await other.goto(`/rooms/${room.id}`);
  await page.goto(`/rooms/${room.id}`);
  await page.getByRole("grid").waitFor();
  await page.getByRole("button", { name: "3 mensen zijn hier" }).waitFor();
  await picture(page, "board");
}

/** Who is in the room, with a crowd that nobody knows. */
async function company(page, room) {
  const headers = {
    "content-type": "application/json",
    origin: server.url,
    "x-forwarded-for": "203.0.113.7",
  };
  const body = JSON.stringify({ invitation: room.invitations.participant });
  for (let one = 0; one < CROWD; one++) {
    await fetch(`${server.url}/api/v1/join`, { method: "POST", headers, body });
  }
  await page.goto(`/rooms/${room.id}/people`);
  await page.getByRole("button", { name: `Stuur deze ${CROWD} weg` }).waitFor();
  await page.getByText("3 mensen zijn hier.").waitFor();
  await picture(page, "people");
}

async function invitation(page, room) {
  await page.goto(`/rooms/${room.id}/invite`);
  await page.getByText(/^Code: /).waitFor({ state: "attached" });
  await page.waitForFunction(() => document.querySelector("img")?.complete);
  await picture(page, "invite");
}

async function list(page, room) {
  await page.goto(`/rooms/${room.id}/phone`);
  await page.getByRole("button", { name: "Nieuw idee" }).waitFor();
  await picture(page, "phone");
}

/** Six ideas, three people: a ballot half filled in, and what came out. */
async function vote(coach, phone, room) {
  const journey = await (await coach.request.get(`/api/v1/rooms/${room.id}`)).json();
  if (journey.counts.notes < MOST_IDEAS) throw new Error("the sample has too few notes");
  await coach.goto(`/rooms/${room.id}`);
  await coach.getByRole("button", { name: "Stemronde starten" }).click();
  const dialog = coach.getByRole("dialog", { name: "Stemronde starten" });
  await dialog.getByRole("checkbox", { name: "Alle ideeën" }).uncheck();
  const ideas = dialog.getByRole("checkbox", { name: /^(?!Alle|Alles|Toon ook)/ });
  for (let idea = 0; idea < MOST_IDEAS; idea++) await ideas.nth(idea).check();
  const budget = dialog.getByLabel("Stemmen per persoon", { exact: true });
  await budget.fill("5");
  await budget.blur();
  await dialog.getByRole("button", { name: "Start de stemronde" }).click();
  await coach.getByText("0 mensen hebben gestemd").waitFor();
  const others = [
    await member(PHONE, room, "participant", "Sami", "Oosterveen"),
    await member(PHONE, room, "participant", "Pim", "Duinrade"),
  ];
  for (const [index, page] of [phone, ...others].entries()) {
    await page.goto(`/rooms/${room.id}/vote`);
    const titles = await page.getByRole("heading", { level: 2 }).allTextContents();
    const favourites = titles.toSorted().slice(index, index + 2);
    for (const title of favourites) {
      await page.getByRole("button", { name: `Stem erbij: ${title.slice(0, 40)}` }).click();
    }
    await page.getByText("Bewaard", { exact: true }).waitFor();
  }
  await phone.evaluate(() => scrollTo(0, 0));
  await picture(phone, "vote-open");
  await coach.getByRole("button", { name: "Sluit en toon de uitslag" }).click();
  await coach.getByText(/eerste$/).first().waitFor();
  await picture(coach, "result");
  await phone.getByText(/eerste$/).first().waitFor();
  await picture(phone, "vote-revealed");
}

async function emptyRoom() {
  const room = await server.createRoom();
  const page = await member(LAPTOP, room, "coach", "Carla", "Duinrade");
  await page.goto(`/rooms/${room.id}`);
  await page.getByRole("grid").waitFor();
  await picture(page, "board-empty");
}

async function device(options) {
  const scale = options === PHONE ? 2 : 1;
  const context = await browser.newContext({
    baseURL: server.url,
    ...options,
    deviceScaleFactor: scale,
    reducedMotion: "reduce",
  });
  return context.newPage();
}

async function member(options, room, role, name, municipality) {
  const page = await device(options);
  const data = { invitation: room.invitations[role], name, municipality };
  await page.request.post("/api/v1/join", { headers: { origin: server.url }, data });
  return page;
}

async function picture(page, name) {
  const path = `${FOLDER}${name}.png`;
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path, animations: "disabled" });
  const { size } = statSync(path);
  console.log(`${name}.png: ${Math.ceil(size / 1024)} KiB`);
  if (size > HEAVIEST_BYTES) throw new Error(`${name}.png is heavier than a page should be`);
}
