/** The personas whose experience the heartbeat draws. */

import type * as Y from "yjs";
import type { History } from "./history.ts";
import { newId } from "./ids.ts";
import { readPersona } from "./reading.ts";
import { LIMITS, type Persona } from "./schema.ts";
import { SortedCollection } from "./sorted.ts";
import { clip } from "./text.ts";

export class Personas extends SortedCollection<Persona> {
  readonly #history: History;

  constructor(document: Y.Doc, history: History) {
    super(document.getMap("personas"), readPersona);
    this.#history = history;
  }

  /** Adds a persona, last; gives its id. */
  add(name: string): string {
    const id = newId();
    this.#history.act("addPersona", () =>
      this.put(id, { order: this.place(this.all, null, null), name: clip(name, LIMITS.title) }),
    );
    return id;
  }

  rename(id: string, name: string): void {
    this.#history.act("renamePersona", () => this.change(id, { name: clip(name, LIMITS.title) }));
  }
}
