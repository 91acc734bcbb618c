/** The phases of the journey. */

import type * as Y from "yjs";
import type { History } from "./history.ts";
import { newId } from "./ids.ts";
import { readPhase } from "./reading.ts";
import { LIMITS, type Phase } from "./schema.ts";
import { SortedCollection } from "./sorted.ts";
import { clip } from "./text.ts";

export class Phases extends SortedCollection<Phase> {
  readonly #history: History;

  constructor(document: Y.Doc, history: History) {
    super(document.getMap("phases"), readPhase);
    this.#history = history;
  }

  /** Adds a phase before another, or last; gives its id. */
  add(title: string, before: string | null = null): string {
    const id = newId();
    this.#history.act("addPhase", () => {
      const order = this.place(this.all, null, before);
      this.put(id, { order, title: clip(title, LIMITS.title) });
    });
    return id;
  }

  rename(id: string, title: string): void {
    this.#history.act("renamePhase", () => this.change(id, { title: clip(title, LIMITS.title) }));
  }

  /** Moves a phase before another, or last. */
  move(id: string, before: string | null): void {
    if (before === id || !this.get(id)) return;
    this.#history.act("movePhase", () =>
      this.change(id, { order: this.place(this.all, id, before) }),
    );
  }
}
