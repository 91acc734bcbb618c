/** What the browser tests share: a server of their own, people with pages, and the words they see. */

import {
  test as base,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  expect,
  type Locator,
  type Page,
} from "@playwright/test";

import { Network } from "../support/network.mjs";
import { TestServer } from "../support/server.mjs";
import { LAPTOP, PHONE } from "./chromium.mjs";

/** A room as the server gives it to who made it. */
export interface Room {
  readonly id: string;
  readonly invitations: Readonly<Record<"coach" | "participant" | "observer", string>>;
  readonly joinCode: string;
}

/** Who comes in, as they call themselves. */
export interface Person {
  readonly name: string;
  readonly municipality: string;
}

/** The sample that most tests work on: five phases, two personas, notes in every phase. */
export const SAMPLE = "evenement-organiseren";

/** Longer than the longest wait between two tries to connect. */
export const RECONNECT_PATIENCE = { timeout: 30_000 };

/** Opens pages, each in a browser context of its own: another person at another device. */
export class People {
  readonly #browser: Browser;
  /** Where the server is, as these people see it. */
  readonly #url: string;
  readonly #contexts: BrowserContext[] = [];

  constructor(browser: Browser, url: string) {
    this.#browser = browser;
    this.#url = url;
  }

  laptop(options: BrowserContextOptions = {}): Promise<Page> {
    return this.#device({ ...LAPTOP, ...options });
  }

  phone(options: BrowserContextOptions = {}): Promise<Page> {
    return this.#device({ ...PHONE, ...options });
  }

  /** Brings a device into a room without its pages, for tests that are about something else. */
  async enter(page: Page, invitation: string, { name, municipality }: Person): Promise<void> {
    await this.post(page, "join", { invitation, name, municipality });
  }

  /** Calls the API as this device. */
  async post(page: Page, path: string, body: unknown = {}): Promise<any> {
    const headers = { origin: this.#url };
    const response = await page.request.post(`/api/v1/${path}`, { headers, data: body });
    expect(response.ok(), `${path}: ${response.status()}`).toBe(true);
    return response.json();
  }

  async close(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
  }

  async #device(options: BrowserContextOptions): Promise<Page> {
    const context = await this.#browser.newContext({ baseURL: this.#url, ...options });
    this.#contexts.push(context);
    return context.newPage();
  }
}

/** What becomes of WebSockets between people and the server; see the network. */
export type WebSockets = "allowed" | "refused" | "ignored" | "swallowed";

interface Fixtures {
  webSockets: WebSockets;
  server: TestServer;
  network: Network;
  people: People;
}

export const test = base.extend<Fixtures>({
  webSockets: ["allowed", { option: true }],
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads which fixtures are needed
  server: async ({}, use) => {
    const server = await TestServer.start();
    await use(server);
    await server.stop();
  },
  /** Stands between the server and the people of tests that ask for it. */
  network: async ({ server, webSockets }, use) => {
    const network = await Network.start(server.port, webSockets);
    await use(network);
    await network.stop();
  },
  people: async ({ browser, server, webSockets, network }, use) => {
    const url = webSockets === "allowed" ? server.url : network.url;
    const people = new People(browser, url);
    await use(people);
    await people.close();
  },
});

export { expect };

/** The board's grid, once it is drawn. */
export function grid(page: Page): Locator {
  return page.getByRole("grid", { name: /^Klantreis/ });
}

/** A note on a board or a phone. */
export function note(page: Page, text: string): Locator {
  return page.getByRole("listitem").filter({ hasText: text });
}

/** The notes of a column of the board. */
export function notesAt(page: Page, place: string): Locator {
  return page.getByRole("list", { name: `Briefjes bij ${place}` });
}

/** The point of a heartbeat at a touchpoint. */
export function point(page: Page, persona: string, touchpoint: string): Locator {
  return page
    .getByRole("slider", { name: persona, exact: true })
    .and(page.locator(`[aria-valuetext^=${JSON.stringify(`${touchpoint}:`)}]`));
}

/** Opens the board of a room that the device is in. */
export async function openBoard(page: Page, room: string): Promise<void> {
  await page.goto(`/rooms/${room}`);
  await expect(grid(page)).toBeVisible();
}

/** Writes a note through the composer of a column. */
export async function writeNote(page: Page, place: string, text: string): Promise<void> {
  await page.getByRole("button", { name: `Idee toevoegen bij ${place}`, exact: true }).click();
  const field = page.getByRole("textbox", { name: `Nieuw briefje bij ${place}` });
  await field.fill(text);
  await field.press("Enter");
  await expect(notesAt(page, place).getByText(text)).toBeVisible();
  await field.press("Escape");
}

/** Waits until the server has everything that was written here. */
export async function allSaved(page: Page): Promise<void> {
  await expect(page.getByText("Alles bewaard").first()).toBeVisible(RECONNECT_PATIENCE);
}
