import fc from "fast-check";
import { expect, test } from "vitest";
import { CloseCode } from "../protocol/generated.ts";
import { fateOf, reconnectDelay } from "./reconnect.ts";

test("the delay is always between half a second and fifteen seconds", () => {
  fc.assert(
    fc.property(fc.nat(60), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const delay = reconnectDelay(1006, attempt, random);
      expect(delay).toBeGreaterThanOrEqual(500);
      expect(delay).toBeLessThanOrEqual(15_000);
    }),
  );
});

test("the delay may grow with each attempt, and is spread over all of its range", () => {
  expect([0, 1, 2, 9].map((attempt) => reconnectDelay(1006, attempt, 0))).toEqual([
    500, 500, 500, 500,
  ]);
  expect([0, 1, 2, 9].map((attempt) => reconnectDelay(1006, attempt, 1))).toEqual([
    1000, 2000, 4000, 15_000,
  ]);
});

test("who sent too much waits longer", () => {
  expect(reconnectDelay(CloseCode.tooMany, 0, 1)).toBe(15_000);
});

test.each([
  [CloseCode.restart, "reconnect"],
  [1006, "reconnect"],
  [CloseCode.epoch, "reconnect"],
  [CloseCode.unavailable, "reconnect"],
  [CloseCode.behind, "reconnect"],
  [CloseCode.tooMany, "reconnect"],
  [CloseCode.forbidden, "startOver"],
  [CloseCode.unauthorised, "ask"],
  [CloseCode.roomGone, "stop"],
  [CloseCode.tooLarge, "stop"],
  [CloseCode.malformed, "stop"],
])("after %i the client decides to %s", (code, next) => {
  expect(fateOf(code).next).toBe(next);
});
