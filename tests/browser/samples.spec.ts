// The six sample journeys open as rooms, each with its heartbeat.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, openBoard, test } from "./workshop.ts";

const FOLDER = join(import.meta.dirname, "../../samples");

interface Journey {
  slug: string;
  title: string;
  phases: { title: string; touchpoints: unknown[] }[];
}

const journeys: Journey[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json") && !name.includes("schema"))
  .map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")));

test("six rooms open with their heartbeats", async ({ server, people }) => {
  expect(journeys).toHaveLength(6);
  const page = await people.laptop();
  for (const journey of journeys) {
    const room = await server.createRoom(journey.slug, journey.title);
    await people.enter(page, room.invitations.coach, { name: "Carla", municipality: "Duinrade" });
    await openBoard(page, room.id);

    await expect(page.getByRole("heading", { level: 1 })).toContainText(journey.title);
    const touchpoints = journey.phases.flatMap((phase) => phase.touchpoints);
    await expect(page.getByRole("slider")).toHaveCount(touchpoints.length);
    for (const phase of journey.phases) {
      await expect(page.getByRole("columnheader", { name: phase.title }).first()).toBeAttached();
    }
  }
});
