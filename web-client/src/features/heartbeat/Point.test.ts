import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import Point from "./Point.svelte";

test("the slider says where and what, in words", () => {
  renderPoint(-1);

  expect(slider().getAttribute("aria-valuetext")).toBe("Wachten: negatief");
  expect(slider().getAttribute("aria-label")).toBe("Farah");
});

test.each([
  ["{ArrowUp}", -1, 0],
  ["{ArrowDown}", -1, -2],
  ["{Home}", 1, -2],
  ["{End}", 1, 2],
  ["{Delete}", 1, null],
] as const)("%s on %s sets %s", async (key, value, set) => {
  const onset = renderPoint(value);

  slider().focus();
  await userEvent.keyboard(key);

  expect(onset).toHaveBeenCalledExactlyOnceWith(set);
});

test("a key at the end of the scale sets nothing", async () => {
  const onset = renderPoint(2);

  slider().focus();
  await userEvent.keyboard("{ArrowUp}");

  expect(onset).not.toHaveBeenCalled();
});

test("an unknown experience becomes neutral by a first key", async () => {
  const onset = renderPoint(null);

  slider().focus();
  await userEvent.keyboard("{ArrowUp}");

  expect(onset).toHaveBeenCalledExactlyOnceWith(0);
});

test("a press offers every value, so that dragging is never the only way", async () => {
  const onset = renderPoint(0);

  slider().focus();
  await userEvent.keyboard("{Enter}");
  await userEvent.click(screen.getByRole("button", { name: "zeer negatief" }));

  expect(onset).toHaveBeenCalledExactlyOnceWith(-2);
});

test("who may not write reads it and changes nothing", async () => {
  const onset = renderPoint(1, false);

  slider().focus();
  await userEvent.keyboard("{ArrowUp}{Enter}");

  expect(slider().getAttribute("aria-readonly")).toBe("true");
  expect(onset).not.toHaveBeenCalled();
});

function renderPoint(value: -2 | -1 | 0 | 1 | 2 | null, editable = true) {
  const onset = vi.fn();
  render(Point, {
    value,
    touchpoint: "Wachten",
    line: "Farah",
    series: "farah:current",
    look: "lead",
    layer: "current",
    tone: 0,
    left: 74,
    editable,
    onset,
  });
  return onset;
}

function slider(): HTMLElement {
  return screen.getByRole("slider");
}
