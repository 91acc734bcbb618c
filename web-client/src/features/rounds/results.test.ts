import { expect, test } from "vitest";
import type { Round } from "../../lib/protocol/generated.ts";
import { currentRound, firstTie, rankInWords, ranking, votesOf } from "./results.ts";
import { revealed, roundOf } from "./testing/rounds.ts";

test("r6 a note shows votes only of rounds that were revealed", () => {
  const open = roundOf("r2", ["a", "b"]);

  expect(votesOf([open], "a")).toBeUndefined();
  expect(votesOf([revealed("r1", { a: 3, b: 1 }), open], "a")?.votes).toBe(3);
});

test("the newest revealed round that a note was in counts", () => {
  const rounds = [
    revealed("r1", { a: 3, b: 1 }),
    revealed("r2", { a: 1 }),
    revealed("r3", { c: 9 }),
  ];

  expect(votesOf(rounds, "a")?.votes).toBe(1);
  expect(votesOf(rounds, "b")?.votes).toBe(1);
  expect(votesOf(rounds, "x")).toBeUndefined();
  expect(currentRound(rounds)?.id).toBe("r3");
});

test("a result without the text of an idea leaves it out and shows the rest", () => {
  const round: Round = { ...revealed("r1", { a: 3, b: 1 }), options: roundOf("r1", ["b"]).options };

  expect(ranking(round).map(({ text }) => text)).toEqual(["Idee b"]);
});

test("r7 a tie says so, and its ideas can be put to the vote again", () => {
  const round = revealed("r1", { a: 3, b: 2, c: 2, d: 0, e: 0 });

  expect(ranking(round).map(rankInWords)).toEqual([
    "eerste",
    "gedeeld tweede",
    "gedeeld tweede",
    "gedeeld vierde",
    "gedeeld vierde",
  ]);
  expect(firstTie(round).map(({ note }) => note)).toEqual(["b", "c"]);
  expect(rankInWords({ rank: 12, tied: true })).toBe("gedeeld 12e");
});
