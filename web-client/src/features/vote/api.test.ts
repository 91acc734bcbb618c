import { afterEach, expect, test, vi } from "vitest";
import { fetchSentAway, putBallot } from "./api.ts";

afterEach(() => vi.unstubAllGlobals());

test.each([
  ["sent-away", "sentAway"],
  ["role-not-allowed", "outdated"],
])("h14_a ballot refused for %s is %s", async (problem, kind) => {
  answerWith(Response.json({ type: `/problems/${problem}` }, { status: 403 }));

  const answer = await putBallot("r", "v", { revision: 1, votes: {}, done: false });

  expect(answer).toEqual({ kind });
});

test.each([
  [403, "Je bent weggestuurd."],
  [200, ""],
  [503, ""],
])("h14_what a page of %i says to who was sent away is %j", async (status, text) => {
  const html = "<header><h1>Weg</h1></header><main><p>Je bent weggestuurd.</p></main>";
  answerWith(new Response(html, { status }));

  expect(await fetchSentAway()).toBe(text);
});

function answerWith(response: Response): void {
  vi.stubGlobal("fetch", async () => response);
}
