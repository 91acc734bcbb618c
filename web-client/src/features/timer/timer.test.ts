import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { tick } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Role } from "../../lib/protocol/generated.ts";
import { announcement } from "../../lib/ui/announcements.svelte.ts";
import Countdown from "./Countdown.svelte";
import { clockText, MINUTE, remainingSeconds, SECOND } from "./countdown.ts";
import TimerControl from "./TimerControl.svelte";

const api = {
  start: vi.fn(async (_minutes: number) => {}),
  stop: vi.fn(async () => {}),
};

beforeEach(() => vi.clearAllMocks());
afterEach(() => vi.useRealTimers());

test("what remains reads as minutes and seconds", () => {
  expect(clockText(0)).toBe("0:00");
  expect(clockText(65)).toBe("1:05");
  expect(clockText(3600)).toBe("1:00:00");
  expect(remainingSeconds(5 * MINUTE, 1)).toBe(300);
  expect(remainingSeconds(0, 5)).toBe(0);
});

test("t1 a coach starts a usual time or an own one, and stops it", async () => {
  show("coach", performance.now() + 5 * MINUTE);

  await press(/Nog 5:00/);
  await press("10 minuten");
  await press(/Nog/);
  await userEvent.type(screen.getByLabelText("Eigen aantal minuten"), "7");
  await press("Start");
  await press(/Nog/);
  await press("Stop de timer");

  expect(api.start.mock.calls).toEqual([[10], [7]]);
  expect(api.stop).toHaveBeenCalledOnce();
});

test("t1 a number out of bounds is not sent", async () => {
  show("coach");

  await press("Timer");
  await userEvent.type(screen.getByLabelText("Eigen aantal minuten"), "481");
  await press("Start");

  expect(screen.getByRole("alert").textContent).toBe("Kies 1 tot en met 480 minuten.");
  expect(api.start).not.toHaveBeenCalled();
});

test("others see what remains and cannot change it", () => {
  show("observer", performance.now() + 90 * SECOND);

  expect(screen.getByRole("timer").textContent).toContain("Nog 1:30");
  expect(screen.queryByRole("button")).toBeNull();
});

test("the last minute and the end are each told once", async () => {
  vi.useFakeTimers();
  render(Countdown, { timeUpAt: performance.now() + 62 * SECOND });
  const told: string[] = [];

  for (let second = 0; second < 70; second++) {
    await vi.advanceTimersByTimeAsync(SECOND);
    await tick();
    if (announcement() !== "" && announcement() !== told.at(-1)) told.push(announcement());
  }

  expect(told).toEqual(["Nog 1 minuut.", "De tijd is om."]);
  expect(screen.getByRole("timer").textContent).toContain("De tijd is om");
});

async function press(name: string | RegExp): Promise<void> {
  await userEvent.click(screen.getByRole("button", { name }));
}

function show(role: Role, timeUpAt?: number): void {
  const connection = { room: "r", me: { participant: "p1", role }, timeUpAt };
  render(TimerControl, { connection, api });
}
