import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ANNOUNCE_EVERY_MS, announce, announcement } from "./announcements.svelte.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

test("what comes in quick succession is said together, once each", () => {
  announce("Eerste.");
  announce("Tweede.");
  announce("Derde.");
  announce("Tweede.");
  expect(announcement()).toBe("Eerste.");

  vi.advanceTimersByTime(ANNOUNCE_EVERY_MS);

  expect(announcement()).toBe("Tweede. Derde.");
});

test("the same text can be said again later", () => {
  announce("Bewaard.");
  vi.advanceTimersByTime(ANNOUNCE_EVERY_MS);
  expect(announcement()).toBe("");

  announce("Bewaard.");

  expect(announcement()).toBe("Bewaard.");
});
