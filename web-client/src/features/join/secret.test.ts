import { expect, test } from "vitest";
import { faultIn, secretIn, tidyCode } from "./secret.ts";

test.each([
  ["abc234", "ABC234"],
  [" abc-234 ", "ABC234"],
  ["A B C 2 3 4", "ABC234"],
])("h2_the code %j is read as %s", (typed, code) => {
  expect(tidyCode(typed)).toBe(code);
});

test.each([
  ["", "empty"],
  ["ABC23", "length"],
  ["ABC2345", "length"],
  ["ABC0OI", "letters"],
  ["ABC1LL", "letters"],
  ["ABC234", undefined],
])("h2_the code %j has fault %s", (code, fault) => {
  expect(faultIn(code)).toBe(fault);
});

test("a link holds a code, an invitation, or nothing", () => {
  expect(secretIn("abc234")).toEqual({ code: "ABC234" });
  expect(secretIn("k3vQ_9-long-invitation")).toEqual({ invitation: "k3vQ_9-long-invitation" });
  expect(secretIn("")).toBeUndefined();
  expect(secretIn("%E0%A4%A")).toBeUndefined();
});
