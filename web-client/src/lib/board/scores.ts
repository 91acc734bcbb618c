/** Experiences: a value for a touchpoint and a persona. No entry means unknown. */

import type * as Y from "yjs";
import { Collection } from "./collection.ts";
import type { History } from "./history.ts";
import { readScore } from "./reading.ts";
import type { Score, ScoreValue } from "./schema.ts";

export class Scores extends Collection<Score> {
  readonly #history: History;

  constructor(document: Y.Doc, history: History) {
    super(document.getMap("scores"), readScore);
    this.#history = history;
  }

  /** The value, or `null` when it is unknown. */
  of(touchpoint: string, persona: string): ScoreValue | null {
    return this.get(keyOf(touchpoint, persona))?.value ?? null;
  }

  /** Sets the value; `null` makes it unknown again. */
  set(touchpoint: string, persona: string, value: ScoreValue | null): void {
    if (this.of(touchpoint, persona) === value) return;
    const key = keyOf(touchpoint, persona);
    this.#history.act("setScore", () => {
      if (value === null) this.delete(key);
      else if (this.fields(key)) this.change(key, { value });
      else this.put(key, { touchpoint, persona, value, basis: "assumption" });
    });
  }

  /** Within an action: deletes every score of a touchpoint (B2). */
  deleteOf(touchpoint: string): void {
    for (const score of this.byId.values()) {
      if (score.touchpoint === touchpoint) this.delete(score.id);
    }
  }
}

function keyOf(touchpoint: string, persona: string): string {
  return `${touchpoint}:${persona}`;
}
