import { render, screen } from "@testing-library/svelte";
import { tick } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ANNOUNCE_EVERY_MS, announcement } from "../ui/announcements.svelte.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import type { RoomConnection } from "./roomConnection.svelte.ts";
import SyncBanner from "./SyncBanner.svelte";
import SyncStatus from "./SyncStatus.svelte";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

test("all is saved when the room has everything", () => {
  render(SyncStatus, { connection: connection({}) });

  expect(screen.getByText("Alles bewaard")).toBeDefined();
});

test("a detour is told to who asks, and alarms nobody", () => {
  render(SyncStatus, { connection: connection({ way: "eventStream" }) });
  expect(screen.getByText("Alles bewaard")).toBeDefined();
  expect(toasts()).toEqual([]);

  screen.getByRole("button", { name: "Over de verbinding" }).click();

  expect(toasts()[0]?.text).toContain("langs een andere weg");
});

test("an edit that stays on its way is counted, one in passing is not", async () => {
  render(SyncStatus, { connection: connection({ unsent: 1, saved: false }) });
  expect(screen.queryByText("1 wijziging wacht")).toBeNull();

  vi.advanceTimersByTime(1000);
  await tick();

  expect(screen.getByText("1 wijziging wacht")).toBeDefined();
});

test("the first connection is not announced", async () => {
  const { rerender } = render(SyncStatus, { connection: connection({ connected: false }) });

  await rerender({ connection: connection({}) });

  expect(announcement()).toBe("");
});

test("a lost connection is announced, and so is being safe again", async () => {
  const { rerender } = render(SyncStatus, { connection: connection({}) });

  await rerender({ connection: connection({ connected: false }) });
  expect(announcement()).toBe("Geen verbinding");
  vi.advanceTimersByTime(ANNOUNCE_EVERY_MS);
  await rerender({ connection: connection({}) });

  expect(announcement()).toBe("Alles bewaard");
});

test("without a connection the banner says what waits, and that it is kept", () => {
  render(SyncBanner, { connection: connection({ connected: false, unsent: 3, saved: false }) });

  expect(screen.getByText(/3 wijzigingen wachten op dit apparaat/)).toBeDefined();
});

test("a first visit that does not get through is told of it, though not at once", async () => {
  render(SyncBanner, { connection: connection({ connected: false, loaded: false, saved: false }) });
  expect(screen.queryByText(/Het lukt nog niet/)).toBeNull();

  vi.advanceTimersByTime(6000);
  await tick();

  expect(screen.getByText(/Het lukt nog niet om verbinding te maken/)).toBeDefined();
});

test("who is out for good reads why, and not that a connection is missing", () => {
  const out = connection({ connected: false, loaded: false, stopped: "roomGone" });

  render(SyncStatus, { connection: out });
  render(SyncBanner, { connection: out });

  expect(screen.getByText(/Deze ruimte bestaat niet meer/)).toBeDefined();
  expect(screen.queryByText(/verbinding/i)).toBeNull();
});

test("h14_who_is_sent_away reads so, and is not told to join again", () => {
  render(SyncBanner, { connection: connection({ connected: false, stopped: "sentAway" }) });

  expect(screen.getByText(/De coach heeft dit apparaat weggestuurd/)).toBeDefined();
  expect(screen.queryByRole("link", { name: "Doe mee" })).toBeNull();
});

test("another build asks for a reload that keeps the work", () => {
  const reload = vi.fn();
  render(SyncBanner, { connection: connection({ stopped: "outdated", reload }) });

  screen.getByRole("button", { name: "Opnieuw laden" }).click();

  expect(screen.getByText(/Je werk blijft bewaard/)).toBeDefined();
  expect(reload).toHaveBeenCalled();
});

test("what was not taken over is shown, to be copied", async () => {
  const refusal = { reason: "notAllowed" as const, texts: ["mijn idee"] };
  render(SyncBanner, { connection: connection({ refusal }) });
  await tick();

  expect(screen.getByRole("dialog", { name: "Dit is niet overgenomen" })).toBeDefined();
  expect(screen.getByText("mijn idee")).toBeDefined();
});

function connection(change: Partial<RoomConnection>): RoomConnection {
  const calm = {
    connected: true,
    way: "webSocket",
    loaded: true,
    unsent: 0,
    saved: true,
    savingAvailable: true,
    stopped: undefined,
    refusal: undefined,
    me: { participant: "p1", role: "participant" },
  };
  return { ...calm, ...change } as RoomConnection;
}
