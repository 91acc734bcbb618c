import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { tick } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { chooseLanguage } from "../lib/i18n/messages.svelte.ts";
import { navigate } from "../lib/ui/navigation.svelte.ts";
import App from "./App.svelte";
import { type PageModule, type Route, routeAt } from "./routes.ts";

const pages = import.meta.glob<PageModule>([
  "./AccessibilityPage.svelte",
  "../features/join/JoinPage.svelte",
]);
const [accessibility, join] = Object.values(pages) as [Route["load"], Route["load"]];
const routes: readonly Route[] = [
  { path: /^\/$/, load: accessibility, fillsWindow: false },
  { path: /^\/join$/, load: join, fillsWindow: false },
  { path: /^\/rooms\/(?<room>[^/]+)$/, load: accessibility, fillsWindow: true },
];

beforeEach(() => navigate("/"));
afterEach(() => chooseLanguage("nl"));

test("an address leads to a page and the room in it", () => {
  expect(routeAt(routes, "/rooms/r-1")).toEqual({ route: routes[2], room: "r-1" });
  expect(routeAt(routes, "/rooms/r-1/other")).toBeUndefined();
});

test("the first page leaves the focus alone, the next one puts it on its heading", async () => {
  render(App, { routes });
  await screen.findByRole("heading", { name: "Toegankelijkheid" });
  expect(document.activeElement).toBe(document.body);

  navigate("/join");

  const heading = await screen.findByRole("heading", { name: "Doe mee" });
  await vi.waitFor(() => expect(document.activeElement).toBe(heading));
});

test("an unknown address has a page that says where to go", async () => {
  navigate("/nergens");
  render(App, { routes });

  expect(await screen.findByRole("heading", { name: "Deze pagina bestaat niet" })).toBeDefined();
  expect(screen.getByRole("link", { name: "Naar het begin" })).toBeDefined();
});

test("another language changes what is shown at once", async () => {
  render(App, { routes });
  await screen.findByRole("heading", { name: "Toegankelijkheid" });

  await userEvent.click(screen.getByRole("button", { name: "English" }));
  await tick();

  expect(screen.getByRole("heading", { name: "Accessibility" })).toBeDefined();
});
