/** In which cell of the board each participant works, as their devices say. */

import { createSubscriber } from "svelte/reactivity";

/** What is used of the awareness protocol; only the provider knows more. */
interface Awareness {
  readonly clientID: number;
  getStates(): ReadonlyMap<number, Readonly<Record<string, unknown>>>;
  setLocalStateField(field: string, value: unknown): void;
  on(event: "change", listener: () => void): void;
  off(event: "change", listener: () => void): void;
}

const CELL = "cell";

export class OccupiedCells {
  readonly #awareness: Awareness;
  readonly #follow: () => void;

  constructor(awareness: Awareness) {
    this.#awareness = awareness;
    this.#follow = createSubscriber((update) => {
      awareness.on("change", update);
      return () => awareness.off("change", update);
    });
  }

  /** Ids of the participants in each cell, this device left out. */
  get byCell(): ReadonlyMap<string, readonly string[]> {
    this.#follow();
    const cells = new Map<string, string[]>();
    for (const [client, { participant, [CELL]: cell }] of this.#awareness.getStates()) {
      if (client === this.#awareness.clientID) continue;
      if (typeof participant !== "string" || typeof cell !== "string") continue;
      const others = cells.get(cell) ?? [];
      cells.set(cell, others.includes(participant) ? others : [...others, participant]);
    }
    return cells;
  }

  /** Tells the others where this person works; `null` is nowhere. */
  enter(cell: string | null): void {
    this.#awareness.setLocalStateField(CELL, cell);
  }
}
