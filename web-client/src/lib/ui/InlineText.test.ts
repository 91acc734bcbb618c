import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import InlineText from "./InlineText.svelte";

test("a field that is typed in keeps the typing when others save the same text", async () => {
  const onsave = vi.fn();
  const props = { value: "bomen", label: "Titel", limit: 100, editable: true, onsave };
  const { rerender } = render(InlineText, props);
  await userEvent.click(screen.getByRole("button"));
  await userEvent.keyboard("meer bomen");

  await rerender({ value: "bomen, graag" });

  expect(screen.getByRole<HTMLTextAreaElement>("textbox").value).toBe("meer bomen");
  await userEvent.keyboard("{Enter}");
  expect(onsave).toHaveBeenCalledExactlyOnceWith("meer bomen", "bomen");
});

test("a field that is opened again begins with what others saved", async () => {
  const props = { value: "bomen", label: "Titel", limit: 100, editable: true, onsave: vi.fn() };
  const { rerender } = render(InlineText, props);
  await userEvent.click(screen.getByRole("button"));
  await userEvent.keyboard("{Escape}");

  await rerender({ value: "struiken" });
  await userEvent.click(screen.getByRole("button"));

  expect(screen.getByRole<HTMLTextAreaElement>("textbox").value).toBe("struiken");
});
