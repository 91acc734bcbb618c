import { beforeEach, expect, test } from "vitest";
import { keepDraft, keptDraft, NO_DRAFT } from "./draft.ts";

beforeEach(() => localStorage.clear());

test("a draft comes back in its own room, until it has no text", () => {
  const draft = { ...NO_DRAFT, text: "Bel terug", phase: "p1" };

  keepDraft("r1", draft, localStorage);
  expect(keptDraft("r1", localStorage)).toEqual(draft);
  expect(keptDraft("r2", localStorage)).toEqual(NO_DRAFT);

  keepDraft("r1", { ...draft, text: " " }, localStorage);
  expect(localStorage.length).toBe(0);
});

test("a draft that cannot be read is none", () => {
  for (const kept of ["{", "[]", '{"kind":"x","text":"","phase":"","touchpoint":""}']) {
    localStorage.setItem("hartslag.draft.r1", kept);

    expect(keptDraft("r1", localStorage)).toEqual(NO_DRAFT);
  }
});
