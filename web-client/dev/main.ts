/** The board without a server, for work on its look: `/dev.html?sample=trouwen&role=coach&people=3`. */

import "../src/lib/tokens/base.css";
import "../src/app/allMessages.ts";
import { mount } from "svelte";
import * as Y from "yjs";
import { Board } from "../src/lib/board/board.ts";
import { fillFromJourney, type SampleJourney } from "../src/lib/board/testing/journey.ts";
import { restoreLanguage } from "../src/lib/i18n/messages.svelte.ts";
import DevBoard from "./DevBoard.svelte";

const samples = import.meta.glob<SampleJourney>("../../samples/*.json", { import: "default" });
const options = new URLSearchParams(window.location.search);
const document_ = new Y.Doc();

const sample = options.get("sample");
if (sample === "blank") {
  const board = new Board(document_);
  for (const title of ["Oriënteren", "Aanvragen", "Wachten", "Ontvangen", "Afronden"]) {
    board.phases.add(title);
  }
  board.personas.add("Samira");
} else if (sample !== "empty") {
  const load = samples[`../../samples/${sample ?? "evenement-organiseren"}.json`];
  if (load) fillFromJourney(document_, await load());
}

restoreLanguage();
const board = new Board(document_);
const busy = Number(options.get("notes") ?? 0);
if (busy > 0) addNotes(busy);
if (options.has("personas")) addPersona();
mount(DevBoard, {
  target: document.getElementById("app") ?? document.body,
  props: {
    board,
    role: options.get("role") === "observer" ? "observer" : "coach",
    people: Number(options.get("people") ?? 6),
  },
});

/** Many notes, to feel how the board holds. */
function addNotes(count: number): void {
  const touchpoints = board.touchpoints.all.filter(({ layer }) => layer === "current");
  for (let index = 0; index < count; index++) {
    const touchpoint = touchpoints[index % touchpoints.length];
    if (!touchpoint) return;
    const spot = { phase: touchpoint.phase, touchpoint: touchpoint.id };
    const author = { id: "p1", municipality: "Breda" };
    board.notes.add(spot, "idea", [`Idee nummer ${index + 1} van deze middag`], author, index);
  }
}

/** A second persona with an experience of its own. */
function addPersona(): void {
  const persona = board.personas.add("Henk");
  const values = [0, 1, -1, 2, 1, -2, 0] as const;
  for (const [index, { id, layer }] of board.touchpoints.all.entries()) {
    if (layer === "current" && index % 5 !== 3) {
      board.scores.set(id, persona, values[index % values.length] ?? 0);
    }
  }
}
