import { expect, test } from "vitest";
import { cellName, cellOf, columnWidth } from "./lanes.ts";

test("a short journey fills the window, a long one scrolls", () => {
  expect(columnWidth(6, 1440)).toBe(202);
  expect(columnWidth(2, 1440)).toBe(240);
  expect(columnWidth(17, 1440)).toBe(172);
});

test("a board without columns, or before it is measured, has a width all the same", () => {
  expect(columnWidth(0, 0)).toBe(172);
});

test("a cell's name tells its lane and its column", () => {
  expect(cellOf(cellName("quote", "t1"))).toEqual({ lane: "quote", id: "t1" });
  expect(cellOf("other/t1")).toBeNull();
});
