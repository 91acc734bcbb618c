import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { onWakeup } from "./wakeups.ts";

const connection = new EventTarget();
const woken = vi.fn();
let end: () => void;

beforeEach(() => {
  vi.resetAllMocks();
  Object.defineProperty(navigator, "connection", { value: connection, configurable: true });
  hide(false);
  end = onWakeup(woken);
});

afterEach(() => {
  end();
  Reflect.deleteProperty(navigator, "connection");
  Reflect.deleteProperty(document, "hidden");
});

test.each([
  [
    "a tab that is seen again",
    () => document.dispatchEvent(new Event("visibilitychange")),
    "shown",
  ],
  ["a page that was frozen", () => document.dispatchEvent(new Event("resume")), "shown"],
  ["a page from the cache", () => window.dispatchEvent(new Event("pageshow")), "shown"],
  ["a device that is online again", () => window.dispatchEvent(new Event("online")), "network"],
  ["another network", () => connection.dispatchEvent(new Event("change")), "network"],
])("%s wakes", (_case, happen, wakeup) => {
  happen();

  expect(woken).toHaveBeenCalledExactlyOnceWith(wakeup);
});

test("a tab that is hidden does not wake", () => {
  hide(true);
  document.dispatchEvent(new Event("visibilitychange"));

  expect(woken).not.toHaveBeenCalled();
});

test("nothing wakes after the end", () => {
  end();

  window.dispatchEvent(new Event("online"));
  connection.dispatchEvent(new Event("change"));

  expect(woken).not.toHaveBeenCalled();
});

function hide(isHidden: boolean): void {
  Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
}
