/** One small workshop: two laptops and three phones, from an empty home page to a revealed vote. */

import type { Page } from "@playwright/test";

import {
  expect,
  grid,
  note,
  openBoard,
  type People,
  type Person,
  point,
  RECONNECT_PATIENCE,
  test,
  writeNote,
} from "./workshop.ts";

const COACH: Person = { name: "Carla", municipality: "Lindenwaard" };
const FARAH_WAITS = "Hoort wekenlang niets";
const ON_THE_WAITING = "Statusmail elke twee weken";
const ON_THE_PERMIT = "Eén rekening voor alles";
const ON_THE_PHONE = "Bel terug binnen één dag";

test("a coach begins with a blank board and both laptops see it grow", async ({ people }) => {
  const coach = await people.laptop();
  await createRoom(coach, { title: "Ik wil een geveltuin aanleggen" });
  const colleague = await people.laptop();
  await joinByLink(colleague, await invitationLink(coach), { name: "Pim", municipality: "Duinrade" });
  await expect(grid(coach)).toBeVisible();

  await expect(coach.getByRole("columnheader").filter({ hasText: "Aanvragen" })).toBeVisible();
  await coach.getByRole("button", { name: "Eerste contactmoment" }).click();
  const title = coach.getByRole("textbox", { name: "Contactmoment" });
  await title.fill("Zoekt de regels op");
  await title.press("Enter");
  await writeNote(colleague, "Zoekt de regels op", "Zet de regels bij de tegelwipactie");

  await expect(note(coach, "Zet de regels bij de tegelwipactie")).toContainText("Duinrade");
  await expect(coach.getByRole("button", { name: "2 mensen zijn hier" })).toBeVisible();
});

test("a workshop runs from a sample to a vote that nobody could peek into", ({ people }) =>
  workshop(people));

test.describe("where WebSockets are refused", () => {
  test.use({ webSockets: "refused" });

  test("a workshop runs all the same", ({ people }) => workshop(people));
});


test("an observer reads along and can change nothing", async ({ server, people }) => {
  const room = await server.createRoom("trouwen");
  const observer = await people.laptop();
  await people.enter(observer, room.invitations.observer, COACH);

  await openBoard(observer, room.id);

  await expect(observer.getByText("Je kijkt mee. Schrijven kan hier niet.")).toBeVisible();
  const score = observer.getByRole("slider").first();
  const before = await score.getAttribute("aria-valuenow");
  await score.press(before === "2" ? "Home" : "End");
  await expect(score).toHaveAttribute("aria-readonly", "true");
  await expect(score).toHaveAttribute("aria-valuenow", before ?? "");
  await expect(observer.getByRole("button", { name: /toevoegen/ })).toHaveCount(0);
  await expect(observer.getByRole("button", { name: "Stemronde starten" })).toHaveCount(0);
});

async function workshop(people: People): Promise<void> {
  const coach = await people.laptop();
  const overheard: string[] = [];
  eavesdrop(coach, overheard);
  await createRoom(coach, { sample: "Ik wil een evenement organiseren" });
  const colleague = await people.laptop();
  eavesdrop(colleague, overheard);
  const link = await invitationLink(coach);
  await joinByLink(colleague, link, { name: "Pim", municipality: "Duinrade" });
  const code = await joinCode(coach);
  const phones = await Promise.all([people.phone(), people.phone()]);
  for (const phone of phones) eavesdrop(phone, overheard);
  await joinByCode(phones[0], code, { name: "Noor", municipality: "Oosterveen" });
  await joinByCode(phones[1], code.toLowerCase(), { name: "Sami", municipality: "Duinrade" });
  await backToBoard(coach);

  await test.step("a note from a phone is on both boards, with its municipality", async () => {
    await phones[0].getByRole("button", { name: "Nieuw idee" }).click();
    const sheet = phones[0].getByRole("dialog", { name: "Nieuw idee" });
    await sheet.getByLabel("Tekst").fill(ON_THE_PHONE);
    await sheet.getByLabel("Fase").selectOption({ label: "Wachten op het besluit" });
    await sheet.getByLabel("Contactmoment").selectOption({ label: FARAH_WAITS });
    await sheet.getByRole("button", { name: "Plaats" }).tap();
    for (const board of [coach, colleague]) {
      await expect(note(board, ON_THE_PHONE)).toContainText("Oosterveen");
    }
  });

  await test.step("an experience that one changes is another on the other board", async () => {
    const changed = point(coach, "Farah", FARAH_WAITS);
    await expect(changed).toHaveAttribute("aria-valuenow", "-2");
    await changed.press("ArrowUp");
    const seen = point(colleague, "Farah", FARAH_WAITS);
    await expect(seen).toHaveAttribute("aria-valuenow", "-1");
    await expect(seen).toHaveAttribute("aria-valuetext", `${FARAH_WAITS}: negatief`);
  });

  await writeNote(coach, FARAH_WAITS, ON_THE_WAITING);
  await writeNote(colleague, "Ontvangt de rekening voor de leges", ON_THE_PERMIT);

  await test.step("the coach puts three notes to the vote", async () => {
    await expect(note(coach, ON_THE_PERMIT)).toBeVisible();
    await openRound(coach, [ON_THE_PHONE, ON_THE_WAITING, ON_THE_PERMIT]);
  });

  await test.step("phones vote, one of them without a script", async () => {
    await phones[0].getByRole("link", { name: "Stem mee" }).tap();
    await vote(phones[0], { [ON_THE_PHONE]: 2, [ON_THE_WAITING]: 1 });
    await phones[1].getByRole("link", { name: "Stem mee" }).tap();
    await vote(phones[1], { [ON_THE_PHONE]: 1, [ON_THE_WAITING]: 2 });
    const plain = await voteWithoutScript(people, code, { [ON_THE_PERMIT]: 1 });
    phones.push(plain);
    await expect(coach.getByText("3 mensen hebben gestemd")).toBeVisible();
  });

  await test.step("nobody sees a total before the reveal", async () => {
    await coach.reload();
    await expect(coach.getByRole("button", { name: "Stemronde: 3 gestemd" })).toBeVisible();
    expect(overheard.filter((text) => text.includes(ON_THE_PHONE)).length).toBeGreaterThan(0);
    expect(overheard.filter(tellsTotals)).toEqual([]);
    for (const page of [coach, colleague, ...phones]) {
      await expect(page.getByText(/gedeeld eerste|van \d (mens|persoon)/)).toHaveCount(0);
    }
  });

  await test.step("the reveal ranks, ties as ties, on every page and on the notes", async () => {
    await coach.getByRole("button", { name: "Stemronde: 3 gestemd" }).click();
    await coach.getByRole("button", { name: "Sluit en toon de uitslag" }).click();
    await expectRanking(coach);
    await colleague.getByRole("button", { name: "Uitslag" }).click();
    await expectRanking(colleague);
    await phones[2].reload();
    for (const phone of phones) await expectRanking(phone);
    for (const board of [coach, colleague]) {
      await board.keyboard.press("Escape");
      const voted = note(board, ON_THE_PHONE);
      await expect(voted.getByRole("img", { name: "3 stemmen" })).toBeVisible();
      await expect(
        note(board, ON_THE_PERMIT).getByRole("img", { name: "1 stem", exact: true }),
      ).toBeVisible();
    }
    await phones[0].getByRole("link", { name: "Naar de ideeën" }).tap();
    await phones[0].getByText("Wachten op het besluit").first().tap();
    await expect(note(phones[0], ON_THE_PHONE)).toContainText("3 stemmen");
  });
  expect(overheard.some(tellsTotals)).toBe(true);
}

async function createRoom(page: Page, start: { title: string } | { sample: string }): Promise<void> {
  await page.goto("/");
  if ("title" in start) await page.getByLabel("Waar gaat de klantreis over?").fill(start.title);
  else await page.getByRole("radio", { name: start.sample }).check();
  await page.getByLabel("Gemeente").fill(COACH.municipality);
  await page.getByLabel("Jouw naam").fill(COACH.name);
  await page.getByRole("button", { name: "Klantreis maken" }).click();
  const title = "title" in start ? start.title : start.sample;
  await expect(page.getByRole("grid", { name: `Klantreis: ${title}` })).toBeVisible();
}

/** The link for participants, as the coach copies it; the coach is on the board again after. */
async function invitationLink(coach: Page): Promise<string> {
  await coach.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await coach.getByRole("link", { name: "Uitnodigen" }).click();
  await coach.getByText("Voor de coach").click();
  await coach
    .getByRole("listitem")
    .filter({ hasText: "deelnemer" })
    .getByRole("button", { name: "Kopieer link" })
    .click();
  await expect(coach.getByText("De link voor de deelnemer is gekopieerd.").first()).toBeVisible();
  const link = await coach.evaluate(() => navigator.clipboard.readText());
  await backToBoard(coach);
  return link;
}

/** The join code as the projector shows it; the coach stays at the invitation. */
async function joinCode(coach: Page): Promise<string> {
  await coach.getByRole("link", { name: "Uitnodigen" }).click();
  const spoken = await coach.getByText(/^Code: /).textContent();
  return (spoken ?? "").replace("Code:", "").replaceAll(" ", "");
}

async function backToBoard(coach: Page): Promise<void> {
  await coach.getByRole("link", { name: "Naar het bord" }).click();
  await expect(grid(coach)).toBeVisible();
}

async function joinByLink(page: Page, link: string, person: Person): Promise<void> {
  await page.goto(link);
  await fillInPerson(page, person);
  await page.getByRole("button", { name: "Doe mee" }).click();
  await expect(grid(page)).toBeVisible();
}

async function joinByCode(phone: Page, code: string, person: Person): Promise<void> {
  await phone.goto("/join");
  await phone.getByLabel("Code").fill(code);
  await fillInPerson(phone, person);
  await phone.getByRole("button", { name: "Doe mee" }).tap();
  await expect(phone.getByRole("button", { name: "Nieuw idee" })).toBeVisible();
}

async function fillInPerson(page: Page, { name, municipality }: Person): Promise<void> {
  await page.getByLabel("Naam of bijnaam").fill(name);
  await page.getByLabel("Gemeente").fill(municipality);
}

async function openRound(coach: Page, texts: readonly string[]): Promise<void> {
  await coach.getByRole("button", { name: "Stemronde starten" }).click();
  const dialog = coach.getByRole("dialog", { name: "Stemronde starten" });
  await dialog.getByRole("checkbox", { name: "Alle ideeën" }).uncheck();
  for (const text of texts) await dialog.getByRole("checkbox", { name: text, exact: true }).check();
  await expect(dialog.getByText("3 ideeën gekozen")).toBeVisible();
  await dialog.getByLabel("Stemmen per persoon", { exact: true }).fill("3");
  await dialog.getByLabel("Stemmen per persoon", { exact: true }).blur();
  await dialog.getByLabel("Hoogstens per idee", { exact: true }).fill("2");
  await dialog.getByLabel("Hoogstens per idee", { exact: true }).blur();
  await dialog.getByRole("button", { name: "Start de stemronde" }).click();
  await expect(coach.getByText("0 mensen hebben gestemd")).toBeVisible();
}

async function vote(phone: Page, votes: Readonly<Record<string, number>>): Promise<void> {
  for (const [text, count] of Object.entries(votes)) {
    const more = phone.getByRole("button", { name: `Stem erbij: ${text}` });
    for (let given = 0; given < count; given++) await more.tap();
  }
  await expect(phone.getByText("nog 0 van 3 stemmen over")).toBeVisible();
  await expect(phone.getByText("Bewaard", { exact: true })).toBeVisible();
}

/** Joins and votes with nothing but forms. */
async function voteWithoutScript(
  people: People,
  code: string,
  votes: Readonly<Record<string, number>>,
): Promise<Page> {
  const phone = await people.phone({ javaScriptEnabled: false });
  await phone.goto("/join");
  await phone.getByLabel("Code").fill(code);
  await phone.getByRole("button", { name: "Doe mee" }).tap();
  for (const [text, count] of Object.entries(votes)) {
    await phone.getByRole("spinbutton", { name: text }).fill(String(count));
  }
  await phone.getByRole("button", { name: "Bewaar", exact: true }).tap();
  await expect(phone.getByText("nog 2 van 3 stemmen over")).toBeVisible();
  return phone;
}

async function expectRanking(page: Page): Promise<void> {
  const places = page.getByRole("list").filter({ hasText: "gedeeld eerste" }).getByRole("listitem");
  await expect(places).toHaveCount(3, RECONNECT_PATIENCE);
  for (const [index, text] of [ON_THE_PHONE, ON_THE_WAITING].entries()) {
    const place = places.filter({ hasText: text });
    await expect(place, `place ${index + 1}`).toContainText("gedeeld eerste");
    await expect(place).toContainText("3 stemmen");
    await expect(place).toContainText("van 2 mensen");
  }
  const last = places.nth(2);
  await expect(last).toContainText("derde");
  await expect(last).toContainText(ON_THE_PERMIT);
  await expect(last).toContainText("1 stem van 1 persoon");
}

/** Keeps everything that a page is told: answers of the server, frames, and events. */
function eavesdrop(page: Page, overheard: string[]): void {
  page.on("response", async (response) => {
    const type = response.headers()["content-type"] ?? "";
    if (!/json|html/.test(type)) return;
    // A page that moved on takes its bodies along; what it showed is checked on the page.
    overheard.push(await response.text().catch(() => ""));
  });
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => overheard.push(payload.toString()));
  });
  void page
    .context()
    .newCDPSession(page)
    .then(async (session) => {
      session.on("Network.eventSourceMessageReceived", ({ eventName, data }) => {
        const isFrame = eventName === "frame";
        overheard.push(isFrame ? Buffer.from(data, "base64").toString() : data);
      });
      await session.send("Network.enable");
    });
}

/** Whether a message carries what only a reveal may tell (R6). */
function tellsTotals(text: string): boolean {
  return /"ranking"|"voters"|gedeeld eerste/.test(text);
}
