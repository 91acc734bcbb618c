import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import NewJourneyForm from "./NewJourneyForm.svelte";

const navigated = vi.hoisted(() => vi.fn());
vi.mock("../../lib/ui/navigation.svelte.ts", () => ({ navigate: navigated }));

const CREATED = {
  id: "r1",
  invitations: { coach: "secret-coach", participant: "p", observer: "o" },
  joinCode: "ABC234",
  joinCodeExpiresAt: "2026-11-23T00:00:00Z",
};
const SAMPLE = { slug: "trouwen", title: "Wij willen trouwen", phases: 6, touchpoints: 13 };
const MEMBER = { room: "r1", participant: "p1", role: "coach" };

let answers: Record<string, () => Response>;
let requests: { path: string; body: unknown }[];

beforeEach(() => {
  localStorage.clear();
  navigated.mockReset();
  requests = [];
  answers = {
    "/api/v1/templates": () => json([SAMPLE]),
    "/api/v1/rooms": () => json(CREATED),
    "/api/v1/join": () => json(MEMBER),
  };
  vi.stubGlobal("fetch", (path: string, request?: RequestInit) => {
    if (request?.body) requests.push({ path, body: JSON.parse(String(request.body)) });
    return Promise.resolve(answers[path]?.() ?? json([]));
  });
});

afterEach(() => vi.unstubAllGlobals());

test("who makes a journey comes in as its coach", async () => {
  render(NewJourneyForm);

  await userEvent.type(screen.getByLabelText("Waar gaat de klantreis over?"), "Ik ga verhuizen");
  await userEvent.type(screen.getByLabelText("Gemeente"), "Breda");
  await userEvent.type(screen.getByLabelText(/Jouw naam/), "Noor");
  await userEvent.click(screen.getByRole("button", { name: "Klantreis maken" }));

  await vi.waitFor(() => expect(navigated).toHaveBeenCalledWith("/rooms/r1"));
  expect(requests.map(({ body }) => body)).toEqual([
    { title: "Ik ga verhuizen", municipality: "Breda", language: "nl" },
    { invitation: "secret-coach", name: "Noor", municipality: "Breda" },
  ]);
});

test("a sample brings its own title", async () => {
  render(NewJourneyForm);

  await userEvent.click(await screen.findByRole("radio", { name: /Wij willen trouwen/ }));
  await userEvent.click(screen.getByRole("button", { name: "Klantreis maken" }));

  await vi.waitFor(() => expect(navigated).toHaveBeenCalled());
  expect(requests[0]?.body).toMatchObject({ title: "Wij willen trouwen", template: "trouwen" });
});

test("a journey without a name is told at the field", async () => {
  render(NewJourneyForm);

  await userEvent.click(screen.getByRole("button", { name: "Klantreis maken" }));

  const field = screen.getByLabelText("Waar gaat de klantreis over?");
  await vi.waitFor(() => expect(document.activeElement).toBe(field));
  expect(screen.getByText(/Schrijf waar de klantreis over gaat/)).toBeDefined();
  expect(requests).toEqual([]);
});

test("a second try after a lost answer does not make a second room", async () => {
  answers["/api/v1/join"] = () => json({}, 503);
  render(NewJourneyForm);
  await userEvent.type(screen.getByLabelText("Waar gaat de klantreis over?"), "Ik ga verhuizen");
  await userEvent.click(screen.getByRole("button", { name: "Klantreis maken" }));
  await screen.findByText(/De server kan nu niets bewaren/);
  answers["/api/v1/join"] = () => json(MEMBER);

  await userEvent.click(screen.getByRole("button", { name: "Klantreis maken" }));

  await vi.waitFor(() => expect(navigated).toHaveBeenCalledWith("/rooms/r1"));
  expect(requests.filter(({ path }) => path === "/api/v1/rooms")).toHaveLength(1);
});

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status });
}
