import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { NetworkOfPeople, People } from "../../lib/http/shapes.ts";
import type { Role } from "../../lib/protocol/generated.ts";
import { toasts } from "../../lib/ui/toasts.svelte.ts";
import { groups, initials } from "./groups.ts";
import PeoplePage from "./PeoplePage.svelte";
import { isOdd, who } from "./words.ts";

afterEach(() => vi.unstubAllGlobals());

test("h14 a crowd without names from a new network goes with one press, and can come back", async () => {
  const asked = serve("coach");
  render(PeoplePage, { room: "r" });

  await userEvent.click(await screen.findByRole("button", { name: "Stuur deze 9 weg" }));

  expect(asked).toContainEqual(["POST", "/networks/crowd/away", { minutes: 10 }]);
  const told = toasts().at(-1);
  expect(told?.text).toBe("9 mensen zijn weggestuurd.");
  told?.action?.run();
  await vi.waitFor(() => expect(asked).toContainEqual(["DELETE", "/dismissals/d1", undefined]));
});

test("h14 of the hall only the newest go, after a question", async () => {
  const asked = serve("coach");
  render(PeoplePage, { room: "r" });

  await userEvent.click(await screen.findByRole("button", { name: /^Stuur mensen weg: Sanne/ }));
  const dialog = screen.getByRole("dialog", { name: "Wie stuur je weg?" });
  expect(within(dialog).getByText(/Dit is ook jouw netwerk/)).toBeTruthy();
  await userEvent.click(within(dialog).getByRole("radio", { name: "2 minuten" }));
  await userEvent.click(within(dialog).getByRole("button", { name: "Stuur weg" }));

  expect(asked).toContainEqual(["POST", "/networks/hall/away", { minutes: 2 }]);
});

test("h13 a coach closes the door", async () => {
  const asked = serve("coach");
  render(PeoplePage, { room: "r" });

  await userEvent.click(await screen.findByRole("button", { name: "Dicht" }));

  expect(asked).toContainEqual(["PUT", "/door", { open: false }]);
  expect(await screen.findByText("De deur is dicht")).toBeTruthy();
});

test("h14 one person is sent away from the list, and a coach is not", async () => {
  HTMLElement.prototype.hidePopover = () => {};
  const asked = serve("coach");
  render(PeoplePage, { room: "r" });

  await userEvent.click(await screen.findByRole("button", { name: "Meer over Eva" }));
  await userEvent.click(
    screen.getByText("Stuur weg", { selector: "[role=menuitem] *, [role=menuitem]" }),
  );

  expect(asked).toContainEqual(["POST", "/participants/p2/away", undefined]);
  expect(screen.queryByRole("button", { name: "Meer over Karin" })).toBeNull();
});

test("who is no coach sees nobody", async () => {
  const asked = serve("participant");

  render(PeoplePage, { room: "r" });

  expect(await screen.findByText(/Alleen een coach ziet/)).toBeTruthy();
  expect(asked.some(([, path]) => path === "/participants")).toBe(false);
});

test("people are told by name, with a number for the rest", () => {
  expect(who({ names: ["Sanne", "Jonas"], people: 2 })).toBe("Sanne en Jonas");
  expect(who({ names: ["Sanne"], people: 3 })).toBe("Sanne en 2 anderen");
  expect(who({ names: [], people: 9 })).toBe("9 mensen zonder naam");
});

test("a crowd is odd where it has no names and its network is new", () => {
  expect(isOdd(CROWD)).toBe(true);
  expect(isOdd({ ...CROWD, isOwn: true })).toBe(false);
  expect(isOdd({ ...CROWD, wasHere: true })).toBe(false);
  expect(isOdd({ ...CROWD, nameless: 4 })).toBe(false);
});

test("people without a municipality come last, those without a name are counted", () => {
  const told = groups(PEOPLE.here, "municipality");

  expect(told.map(({ title, named, nameless }) => [title, named.length, nameless])).toEqual([
    ["Duinrade", 1, 0],
    ["Waterhoek", 1, 0],
    ["Zonder gemeente", 0, 1],
  ]);
  expect(groups(PEOPLE.here, "role").map(({ key }) => key)).toEqual(["coach", "participant"]);
  expect([initials("Karin de Vries"), initials("Bo")]).toEqual(["KV", "B"]);
});

const CROWD: NetworkOfPeople = {
  network: "crowd",
  isOwn: false,
  wasHere: false,
  people: 9,
  nameless: 9,
  coaches: 0,
  names: [],
  notes: 14,
  first: "2026-11-30T13:44:00Z",
  last: "2026-11-30T13:46:00Z",
};

const HALL: NetworkOfPeople = {
  ...CROWD,
  network: "hall",
  isOwn: true,
  people: 3,
  nameless: 0,
  names: ["Sanne", "Jonas", "Ravi"],
  notes: 0,
};

const person = (participant: string, name: string, municipality: string, role: Role) => ({
  participant,
  name,
  municipality,
  role,
  colour: 0,
});

const PEOPLE: People = {
  door: { open: true },
  people: 5,
  online: 3,
  here: [
    person("p3", "", "", "participant"),
    person("p2", "Eva", "Waterhoek", "participant"),
    person("p1", "Karin", "Duinrade", "coach"),
  ],
  networks: [CROWD, HALL],
  dismissals: [],
};

/** Answers as the server does; gives what was asked. */
function serve(role: Role): [string, string, unknown][] {
  const asked: [string, string, unknown][] = [];
  let { door } = PEOPLE;
  const counts = { participants: 5, online: 3, phases: 5, touchpoints: 9, notes: 3 };
  const room = { id: "r", title: "Trouwen", municipality: "", role, participant: "p1", name: "" };
  vi.stubGlobal("fetch", async (address: string, init: { method: string; body?: string }) => {
    const path = address.replace("/api/v1/rooms/r", "");
    const body = init.body === undefined ? undefined : JSON.parse(init.body);
    asked.push([init.method, path, body]);
    if (path === "") return Response.json({ ...room, epoch: 1, counts, round: null });
    if (path === "/participants") return Response.json({ ...PEOPLE, door });
    if (path === "/join-code")
      return Response.json({ joinCode: "K7FM2P", expiresAt: "2099-01-01T10:00:00Z" });
    if (path === "/guesses") return Response.json({ networks: [] });
    if (path === "/door") {
      door = body;
      return Response.json(door);
    }
    if (init.method === "DELETE") return new Response(null, { status: 204 });
    return Response.json({ dismissal: "d1", people: 9 });
  });
  return asked;
}
