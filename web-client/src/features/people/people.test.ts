import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { NetworkOfPeople, People } from "../../lib/http/shapes.ts";
import type { Role } from "../../lib/protocol/generated.ts";
import { FakeRoom, type FakeSocket } from "../../lib/sync/fakeRoom.ts";
import { toasts } from "../../lib/ui/toasts.svelte.ts";
import { groups } from "./groups.ts";
import PeoplePage from "./PeoplePage.svelte";
import { isOdd, who } from "./words.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a coach who looks is counted, from the first moment that anyone is told", async () => {
  const seen: string[] = [];
  const watch = new MutationObserver(() => seen.push(document.body.textContent ?? ""));
  watch.observe(document.body, { childList: true, subtree: true, characterData: true });
  serve("coach");

  render(PeoplePage, { room: "r" });

  expect(await screen.findByText(/^3 mensen zijn hier/)).toBeTruthy();
  expect(screen.getByText(/coach, jij/)).toBeTruthy();
  expect(seen.filter((text) => text.includes("2 mensen zijn hier"))).toEqual([]);
  watch.disconnect();
});

test("where no connection gets through, the page still tells who is here", async () => {
  vi.useFakeTimers();
  serve("coach");
  vi.stubGlobal("WebSocket", function connect() {
    return new FakeRoom().openSocket("r", "webSocket");
  });
  vi.stubGlobal(
    "EventSource",
    class extends EventTarget {
      close() {}
    },
  );
  render(PeoplePage, { room: "r" });
  expect(screen.getByText("De lijst wordt opgehaald…")).toBeTruthy();

  await vi.advanceTimersByTimeAsync(3_000);

  expect(screen.getByText(/^2 mensen zijn hier/)).toBeTruthy();
  expect(screen.getByText("De deur is open")).toBeTruthy();
});

test("what the server refuses is told, and stays to be read", async () => {
  serve("coach", { "/door": "too-many-orders" });
  render(PeoplePage, { room: "r" });

  await userEvent.click(await screen.findByRole("button", { name: "Dicht" }));

  await vi.waitFor(() => expect(toasts().at(-1)?.text).toMatch(/^Dat ging te snel/));
});

test("h14 where only coaches came in nobody can be sent away, and the page says why", async () => {
  serve("coach");
  render(PeoplePage, { room: "r" });

  const row = (await screen.findByText("Bram en Ilse")).closest("li") as HTMLElement;
  expect(within(row).getByText("coaches, blijven altijd")).toBeTruthy();
  expect(within(row).queryByRole("button")).toBeNull();
  expect(screen.getByText(/Coaches kun je niet wegsturen/)).toBeTruthy();
  expect(screen.getAllByRole("button", { name: /^Stuur/ }).map((it) => it.textContent)).toEqual([
    expect.stringContaining("Stuur deze 9 weg"),
    "Stuur weg…",
  ]);
});

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
  expect(who({ names: ["A", "B", "C", "D", "E", "F", "G"], people: 9 })).toBe(
    "A, B, C, D, E en 4 anderen",
  );
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

const COACHES: NetworkOfPeople = {
  ...HALL,
  network: "coaches",
  isOwn: false,
  people: 2,
  coaches: 2,
  names: ["Bram", "Ilse"],
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
  networks: [HALL, COACHES, CROWD],
  dismissals: [],
};

/** Answers as the server does, but for what it refuses; gives what was asked. */
function serve(
  role: Role,
  refused: Readonly<Record<string, string>> = {},
): [string, string, unknown][] {
  const asked: [string, string, unknown][] = [];
  let { door } = PEOPLE;
  let isHere = false;
  vi.stubGlobal("WebSocket", function connect() {
    const socket = new FakeRoom().openSocket("r", "webSocket") as FakeSocket;
    // After every answer to a request that did not wait for it.
    setTimeout(() => {
      isHere = true;
      socket.welcome({ participant: "p1", role });
    });
    return socket;
  });
  const counts = { participants: 5, online: 3, phases: 5, touchpoints: 9, notes: 3 };
  const room = { id: "r", title: "Trouwen", municipality: "", role, participant: "p1", name: "" };
  const answers: Record<string, (body: People["door"]) => unknown> = {
    "": () => ({ ...room, epoch: 1, counts, round: null }),
    "/participants": () => (isHere ? { ...PEOPLE, door } : without("p1")),
    "/join-code": () => ({ joinCode: "K7FM2P", expiresAt: "2099-01-01T10:00:00Z" }),
    "/guesses": () => ({ networks: [] }),
    "/door": (body) => {
      door = body;
      return door;
    },
  };
  vi.stubGlobal("fetch", async (address: string, init: { method: string; body?: string }) => {
    const path = address.replace("/api/v1/rooms/r", "");
    const body = init.body === undefined ? undefined : JSON.parse(init.body);
    asked.push([init.method, path, body]);
    if (refused[path]) return refusal(refused[path]);
    if (init.method === "DELETE") return new Response(null, { status: 204 });
    return Response.json(answers[path]?.(body) ?? { dismissal: "d1", people: 9 });
  });
  return asked;
}

/** The room as it is before somebody is connected. */
function without(id: string): People {
  const here = PEOPLE.here.filter(({ participant }) => participant !== id);
  return { ...PEOPLE, here, online: here.length };
}

function refusal(kind: string): Response {
  const problem = { type: `/problems/${kind}`, title: "", status: 429, detail: "" };
  return Response.json(problem, { status: problem.status });
}
