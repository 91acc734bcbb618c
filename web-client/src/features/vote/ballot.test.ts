import fc from "fast-check";
import { expect, test } from "vitest";
import { fewer, more, sameVotes, used, type Votes } from "./ballot.ts";

const allowed = { budget: 3, cap: 2 };

test("a vote more is refused at the cap, and when none are left", () => {
  expect(more({ a: 1 }, "a", allowed)).toEqual({ a: 2 });
  expect(more({ a: 2 }, "a", allowed)).toBe("atCap");
  expect(more({ a: 2, b: 1 }, "b", allowed)).toBe("noneLeft");
});

test("the last vote taken away leaves no trace", () => {
  expect(fewer({ a: 2 }, "a")).toEqual({ a: 1 });
  expect(fewer({ a: 1 }, "a")).toEqual({});
  expect(fewer({}, "a")).toEqual({});
});

test("no votes and no entry are the same", () => {
  expect(sameVotes({ a: 0, b: 1 }, { b: 1 })).toBe(true);
  expect(sameVotes({ a: 1 }, { b: 1 })).toBe(false);
});

test("r4 whatever is pressed, a ballot stays within budget and cap", () => {
  const presses = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.boolean()));
  fc.assert(
    fc.property(presses, (all) => {
      let votes: Votes = {};
      for (const [note, up] of all) {
        const next = up ? more(votes, note, allowed) : fewer(votes, note);
        if (typeof next !== "string") votes = next;
        expect(used(votes)).toBeLessThanOrEqual(allowed.budget);
        expect(Math.max(0, ...Object.values(votes))).toBeLessThanOrEqual(allowed.cap);
        expect(Math.min(1, ...Object.values(votes))).toBe(1);
      }
    }),
  );
});
