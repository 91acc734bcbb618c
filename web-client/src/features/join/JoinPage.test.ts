import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import JoinPage from "./JoinPage.svelte";

const replaced = vi.hoisted(() => vi.fn());
const hash = vi.hoisted(() => ({ now: "" }));
vi.mock("../../lib/ui/navigation.svelte.ts", () => ({
  currentHash: () => hash.now,
  replaceWith: replaced,
}));

beforeEach(() => {
  localStorage.clear();
  hash.now = "";
  replaced.mockReset();
  wide(false);
});

afterEach(() => vi.unstubAllGlobals());

test("a code may be typed in lower case, and leads a phone to its list", async () => {
  const fetched = answer(200, { room: "r1", participant: "p1", role: "participant" });
  render(JoinPage);

  await userEvent.type(screen.getByLabelText("Code"), "abc-234");
  await userEvent.type(screen.getByLabelText(/Naam/), "Noor");
  await userEvent.click(screen.getByRole("button", { name: "Doe mee" }));

  await vi.waitFor(() => expect(replaced).toHaveBeenCalledWith("/rooms/r1/phone"));
  expect(fetched.mock.calls[0]?.[1]?.body).toBe('{"code":"ABC234","name":"Noor"}');
});

test("an invitation asks no code, and leads a wide screen to the board", async () => {
  hash.now = "a-long-invitation-secret";
  wide(true);
  const fetched = answer(200, { room: "r1", participant: "p1", role: "coach" });
  render(JoinPage);

  expect(screen.queryByLabelText("Code")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Doe mee" }));

  await vi.waitFor(() => expect(replaced).toHaveBeenCalledWith("/rooms/r1"));
  expect(fetched.mock.calls[0]?.[1]?.body).toBe('{"invitation":"a-long-invitation-secret"}');
});

test("h3_an unknown code is told at the field, which gets the focus", async () => {
  answer(404, { type: "/problems/code-unknown", title: "t", status: 404, detail: "d" });
  render(JoinPage);

  await userEvent.type(screen.getByLabelText("Code"), "ABC234");
  await userEvent.click(screen.getByRole("button", { name: "Doe mee" }));

  const field = screen.getByLabelText("Code");
  await vi.waitFor(() => expect(document.activeElement).toBe(field));
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(described(field)).toContain("Deze code kennen we niet");
});

test("h3_who waits for the lot is told why, and what goes at once", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  render(JoinPage);
  await user.type(screen.getByLabelText("Code"), "ABC234");
  await user.click(screen.getByRole("button", { name: "Doe mee" }));
  expect(screen.queryByText(/Even wachten/)).toBeNull();

  await vi.advanceTimersByTimeAsync(2_000);

  expect(screen.getByText(/Even wachten/).textContent).toContain("QR-code");
  vi.useRealTimers();
});

test("a code that cannot be one is not asked of the server", async () => {
  const fetched = answer(200, {});
  render(JoinPage);

  await userEvent.type(screen.getByLabelText("Code"), "ABC10O");
  await userEvent.click(screen.getByRole("button", { name: "Doe mee" }));

  expect(described(screen.getByLabelText("Code"))).toContain("komen niet voor");
  expect(fetched).not.toHaveBeenCalled();
});

test("h1_a device that is a member already comes straight in", async () => {
  const room = { room: "r1", participant: "p1", role: "participant" };
  answer(200, room);
  hash.now = "ABC234";
  const { unmount } = render(JoinPage);
  await userEvent.click(screen.getByRole("button", { name: "Doe mee" }));
  await vi.waitFor(() => expect(replaced).toHaveBeenCalledTimes(1));
  unmount();
  answer(200, {
    ...{ id: "r1", title: "t", municipality: "", role: "participant", participant: "p1" },
    ...{ name: "", epoch: 1, round: null },
    counts: { participants: 1, online: 1, phases: 5, touchpoints: 0, notes: 0 },
  });

  render(JoinPage);

  await vi.waitFor(() => expect(replaced).toHaveBeenCalledTimes(2));
});

function described(field: HTMLElement): string {
  const ids = field.getAttribute("aria-describedby")?.split(" ") ?? [];
  return ids.map((id) => document.getElementById(id)?.textContent).join(" ");
}

function wide(matches: boolean): void {
  vi.stubGlobal("matchMedia", () => ({ matches }));
}

function answer(status: number, body: unknown) {
  const fetched = vi.fn((_address: string, _request?: RequestInit) =>
    Promise.resolve(new Response(JSON.stringify(body), { status })),
  );
  vi.stubGlobal("fetch", fetched);
  return fetched;
}
