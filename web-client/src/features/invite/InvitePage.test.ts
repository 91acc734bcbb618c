import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Role } from "../../lib/protocol/generated.ts";
import { grouped, spelled } from "./code.ts";
import InvitePage from "./InvitePage.svelte";

/** What is promised of a projector: not derived from the code. */
const SHOWN_WITHIN_MS = 12_000;

let joinCode: string;

beforeEach(() => {
  joinCode = "K7FM2P";
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a coach shows the code, the address and how many joined", async () => {
  serve("coach");

  render(InvitePage, { room: "r" });

  expect(await screen.findByText("Code: K 7 F M 2 P")).toBeTruthy();
  expect(screen.getByText("14 mensen doen mee")).toBeTruthy();
  expect(screen.getByText(/\/join$/)).toBeTruthy();
  const picture = screen.getByRole("img", { name: /QR-code/ });
  expect(picture.getAttribute("src")).toContain("/api/v1/rooms/r/invitation.svg");
});

test("h2 a new code takes two presses and replaces the old one", async () => {
  serve("coach");
  render(InvitePage, { room: "r" });
  await screen.findByText("Code: K 7 F M 2 P");

  await userEvent.click(screen.getByText("Voor de coach"));
  await userEvent.click(screen.getByRole("button", { name: "Nieuwe code" }));
  await userEvent.click(screen.getByRole("button", { name: "Ja, maak een nieuwe code" }));

  expect(await screen.findByText("Code: N E W 2 3 4")).toBeTruthy();
});

test("h2_a code that another coach replaces is soon on the wall, with its picture", async () => {
  vi.useFakeTimers();
  serve("coach");
  render(InvitePage, { room: "r" });
  await vi.advanceTimersByTimeAsync(SHOWN_WITHIN_MS);
  const before = picture();
  expect(before).toContain("invitation.svg?v=1");

  joinCode = "NEW234";
  await vi.advanceTimersByTimeAsync(SHOWN_WITHIN_MS);

  expect(screen.getByText("Code: N E W 2 3 4")).toBeTruthy();
  expect(picture()).not.toBe(before);
});

test("who is no coach gets no code, and is told whom to ask", async () => {
  const asked = serve("participant");

  render(InvitePage, { room: "r" });

  expect(await screen.findByText(/Alleen een coach kan de code tonen/)).toBeTruthy();
  expect(asked.some((path) => path.includes("join-code"))).toBe(false);
});

test("h13 a coach whose door is closed is told that the code lets nobody in", async () => {
  serve("coach", false);

  render(InvitePage, { room: "r" });

  expect(await screen.findByText(/De deur is dicht/)).toBeTruthy();
  const people = screen.getByRole("link", { name: "Mensen en ingangen" });
  expect(people.getAttribute("href")).toBe("/rooms/r/people");
});

test("a code is read in groups and heard by the letter", () => {
  expect(grouped("K7FM2P")).toEqual(["K7F", "M2P"]);
  expect(spelled("K7FM2P")).toBe("K 7 F M 2 P");
});

function picture(): string | null {
  return screen.getByRole("img", { name: /QR-code/ }).getAttribute("src");
}

/** Answers as the server does; gives the paths that were asked. */
function serve(role: Role, doorOpen = true): string[] {
  const asked: string[] = [];
  const counts = { participants: 14, online: 9, phases: 5, touchpoints: 9, notes: 3 };
  const view = {
    id: "r",
    title: "Trouwen",
    municipality: "Duinrade",
    role,
    participant: "p",
    name: "",
  };
  vi.stubGlobal("fetch", async (path: string, { method }: { method: string }) => {
    asked.push(path);
    if (path.endsWith("/guesses")) return Response.json({ networks: [] });
    if (!path.endsWith("/join-code"))
      return Response.json({ ...view, epoch: 1, counts, round: null, doorOpen });
    if (method === "POST") joinCode = "NEW234";
    return Response.json({ joinCode, expiresAt: "2099-01-01T10:00:00Z" });
  });
  return asked;
}
