import { afterEach, expect, test, vi } from "vitest";
import { browser } from "./surroundings.ts";

afterEach(() => vi.unstubAllGlobals());

test.each([
  [200, undefined, "reachable"],
  [401, "not-member", "unauthorised"],
  [403, "sent-away", "sentAway"],
  [403, "role-not-allowed", "unauthorised"],
  [403, undefined, "unauthorised"],
  [404, "room-not-found", "roomGone"],
  [502, undefined, "unreachable"],
])("h14_an_answer of %i %s says that the room is %s", async (status, kind, found) => {
  const problem = { type: `/problems/${kind}`, title: "", status, detail: "" };
  vi.stubGlobal("fetch", async () =>
    kind ? Response.json(problem, { status }) : new Response("<html>", { status }),
  );

  expect(await browser().probe("r")).toBe(found);
});
