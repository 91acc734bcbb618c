import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import GuessingNotice from "./GuessingNotice.svelte";

afterEach(() => vi.unstubAllGlobals());

test("h3 a coach sees that codes are guessed, and opens the network with one press", async () => {
  const asked = serve([{ tries: 41, open: false }]);
  render(GuessingNotice, { room: "r" });
  expect(await screen.findByText("Iemand probeert codes te raden")).toBeTruthy();
  expect(screen.getByText(/41 verkeerde codes in 5 minuten, vanaf één netwerk/)).toBeTruthy();

  await userEvent.click(
    screen.getByRole("button", { name: /Laat mensen met jouw code daar door/ }),
  );

  expect(await screen.findByText(/komt meteen binnen/)).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
  expect(asked).toContain("POST /api/v1/rooms/r/guesses/pass");
});

test("several networks are told of together", async () => {
  serve([
    { tries: 30, open: false },
    { tries: 31, open: true },
  ]);

  render(GuessingNotice, { room: "r" });

  expect(
    await screen.findByText(/61 verkeerde codes in 5 minuten, vanaf 2 netwerken/),
  ).toBeTruthy();
  expect(screen.getByRole("button")).toBeTruthy();
});

test("where nobody guesses there is nothing to see", async () => {
  const asked = serve([]);

  const { container } = render(GuessingNotice, { room: "r" });

  await waitFor(() => expect(asked).toHaveLength(1));
  expect(container.textContent).toBe("");
});

/** Answers as the server does; gives the calls that were made. */
function serve(networks: { tries: number; open: boolean }[]): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (path: string, { method }: { method: string }) => {
    asked.push(`${method} ${path}`);
    if (path.endsWith("/pass")) for (const network of networks) network.open = true;
    return Response.json({ networks });
  });
  return asked;
}
