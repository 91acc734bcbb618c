import { render, screen, within } from "@testing-library/svelte";
import { createRawSnippet, tick } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import Dialog from "./Dialog.svelte";
import Toasts from "./Toasts.svelte";
import { toast } from "./toasts.svelte.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

test("messages show in the open dialog, once, and after it on the page again", async () => {
  const children = createRawSnippet(() => ({ render: () => "<p>Inhoud</p>" }));
  render(Toasts);
  const { rerender } = render(Dialog, { title: "Kies", open: true, children });
  toast("Dat lukte niet.");
  await tick();
  // It gives the element only when there is exactly one.
  const message = () => screen.getByText("Dat lukte niet.");
  expect(within(screen.getByRole("dialog")).getByText("Dat lukte niet.")).toBe(message());

  await rerender({ open: false });

  expect(message().closest("dialog")).toBeNull();
});
