/** Builds a board document from a journey in the exchange format, for tests and for work on the look. */

import * as Y from "yjs";
import { newId } from "../ids.ts";
import { keysBetween } from "../ordering.ts";
import { SCHEMA_VERSION } from "../schema.ts";

/** What is read of the exchange format here. */
export interface SampleJourney {
  title: string;
  summary: string;
  language: string;
  municipality: { name: string };
  persona: { name: string; [key: string]: unknown };
  phases: {
    id: string;
    title: string;
    customerGoal: string;
    duration: { value: number; unit: string };
    touchpoints: SampleTouchpoint[];
    desired: { touchpoints: SampleDesired[] };
  }[];
  ideas: SampleIdea[];
}

interface SampleTouchpoint {
  id: string;
  title: string;
  score: number;
  quote: string;
  painPoints: string[];
  [key: string]: unknown;
}

interface SampleDesired {
  ref: string | null;
  title: string;
  channel: string;
  score: number | null;
  change: string;
}

interface SampleIdea {
  text: string;
  phaseId: string;
  touchpointId: string | null;
  votes: number;
  theme: string;
  status: string;
}

/** Fills `document` with the journey. */
export function fillFromJourney(document: Y.Doc, journey: SampleJourney): void {
  document.transact(() => new Filling(document).journey(journey));
}

class Filling {
  readonly #document: Y.Doc;
  readonly #touchpoints = new Map<string, string>();
  readonly #phases = new Map<string, string>();
  readonly #persona = newId();

  constructor(document: Y.Doc) {
    this.#document = document;
  }

  journey(journey: SampleJourney): void {
    const board = this.#document.getMap<unknown>("board");
    board.set("schema", SCHEMA_VERSION);
    board.set("title", journey.title);
    board.set("summary", journey.summary);
    board.set("language", journey.language);
    board.set("municipality", journey.municipality.name);
    this.#put("personas", this.#persona, { ...journey.persona, order: "V" });
    const keys = keysBetween(null, null, journey.phases.length);
    for (const [index, phase] of journey.phases.entries()) {
      const id = newId();
      this.#phases.set(phase.id, id);
      const { title, customerGoal, duration } = phase;
      this.#put("phases", id, {
        title,
        customerGoal,
        duration,
        code: phase.id,
        order: keys[index],
      });
      this.#current(id, phase.touchpoints);
      this.#desired(id, phase.desired.touchpoints);
    }
    this.#ideas(journey.ideas);
  }

  #current(phase: string, touchpoints: SampleTouchpoint[]): void {
    const keys = keysBetween(null, null, touchpoints.length);
    for (const [index, touchpoint] of touchpoints.entries()) {
      const { id: code, score, quote, painPoints, ...fields } = touchpoint;
      const id = newId();
      this.#touchpoints.set(code, id);
      this.#put("touchpoints", id, {
        ...fields,
        code,
        phase,
        layer: "current",
        order: keys[index],
      });
      this.#score(id, score);
      this.#put("quotes", newId(), { touchpoint: id, order: "V", text: new Y.Text(quote) });
      const orders = keysBetween(null, null, painPoints.length);
      for (const [at, text] of painPoints.entries()) {
        this.#put("painPoints", newId(), {
          touchpoint: id,
          order: orders[at],
          text: new Y.Text(text),
        });
      }
    }
  }

  #desired(phase: string, touchpoints: SampleDesired[]): void {
    const keys = keysBetween(null, null, touchpoints.length);
    for (const [index, { ref, score, title, channel, change }] of touchpoints.entries()) {
      const id = newId();
      const origin = ref === null ? null : (this.#touchpoints.get(ref) ?? null);
      const order = keys[index];
      this.#put("touchpoints", id, {
        layer: "desired",
        phase,
        origin,
        title,
        channel,
        change,
        order,
      });
      if (score !== null) this.#score(id, score);
    }
  }

  #ideas(ideas: SampleIdea[]): void {
    const keys = keysBetween(null, null, ideas.length);
    for (const [index, { text, phaseId, touchpointId, votes, theme, status }] of ideas.entries()) {
      this.#put("notes", newId(), {
        kind: "idea",
        text: new Y.Text(text),
        phase: this.#phases.get(phaseId),
        touchpoint: this.#touchpoints.get(touchpointId ?? "") ?? null,
        order: keys[index],
        author: null,
        municipality: "",
        createdAt: 0,
        votes,
        theme,
        status,
      });
    }
  }

  #score(touchpoint: string, value: number): void {
    const persona = this.#persona;
    this.#put("scores", `${touchpoint}:${persona}`, {
      touchpoint,
      persona,
      value,
      basis: "interview",
    });
  }

  #put(root: string, id: string, fields: Record<string, unknown>): void {
    this.#document.getMap(root).set(id, new Y.Map(Object.entries(fields)));
  }
}
