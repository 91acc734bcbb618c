import { afterEach, expect, test, vi } from "vitest";
import { createRoom, join, readRounds } from "./api.ts";
import { adviceFor } from "./problem.ts";

afterEach(() => vi.unstubAllGlobals());

test("a request carries its body as JSON, and the answer is read", async () => {
  const fetched = answer(200, { room: "r", participant: "p", role: "coach", more: 1 });

  const member = await join({ code: "ABC234", name: "Noor" });

  expect(member).toEqual({ room: "r", participant: "p", role: "coach" });
  expect(fetched.mock.calls[0]?.[0]).toBe("/api/v1/join");
  expect(fetched.mock.calls[0]?.[1]).toMatchObject({
    method: "POST",
    body: '{"code":"ABC234","name":"Noor"}',
  });
});

test("h3_a problem becomes advice by its kind", async () => {
  answer(410, {
    type: "/problems/code-expired",
    title: "Code expired",
    status: 410,
    detail: "the code has expired",
  });

  const error = await join({ code: "ABC234" }).catch((thrown: unknown) => thrown);

  expect(adviceFor(error)).toBe("Deze code werkt niet meer. Vraag de coach om een nieuwe.");
});

test("no answer, and an answer from something in between, have advice too", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
  const unreachable = await readRounds("r").catch((thrown: unknown) => thrown);
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("<html>", { status: 502 })));
  const gateway = await readRounds("r").catch((thrown: unknown) => thrown);

  expect(adviceFor(unreachable)).toContain("Er is geen verbinding");
  expect(adviceFor(gateway)).toContain("De server kan nu niets bewaren");
});

test("an answer of another shape is a problem, not a surprise later", async () => {
  answer(201, { id: 7 });

  await expect(createRoom({ title: "t", municipality: "" })).rejects.toThrow("internal");
});

function answer(status: number, body: unknown) {
  const fetched = vi.fn((_address: string, _request?: RequestInit) =>
    Promise.resolve(new Response(JSON.stringify(body), { status })),
  );
  vi.stubGlobal("fetch", fetched);
  return fetched;
}
