import { expect, test } from "vitest";
import { runs } from "./beat.ts";

test("points lie on their value, evenly spread", () => {
  expect(runs([2, 0, -2], 90, 40)).toEqual([
    [
      { x: 15, y: 0, value: 2 },
      { x: 45, y: 20, value: 0 },
      { x: 75, y: 40, value: -2 },
    ],
  ]);
});

test("what is unknown is a gap and keeps its place", () => {
  const found = runs([null, 1, null, null, -1, 0], 60, 40);

  expect(found.map((run) => run.map(({ x }) => x))).toEqual([[15], [45, 55]]);
  expect(runs([null, null], 60, 40)).toEqual([]);
});
