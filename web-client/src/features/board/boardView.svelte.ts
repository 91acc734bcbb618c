/** What this person looks at: the layers, the personas, and the cell that is being edited. */

import type { Board } from "../../lib/board/board.ts";
import { type Grid, gridOf, type View } from "../../lib/board/grid.ts";
import type { Rights } from "../../lib/board/rights.ts";
import type { Persona } from "../../lib/board/schema.ts";

export class BoardView {
  readonly board: Board;
  readonly rights: Rights;
  layers = $state<View>("current");
  /** The cell, or the remark, whose text is open in a field. */
  editing = $state<string | null>(null);
  #hidden = $state.raw<ReadonlySet<string>>(new Set());
  #before: Grid | undefined;

  /** The board laid out for these layers. */
  readonly grid = $derived.by(() => {
    this.#before = gridOf(this.board, this.layers, this.#before);
    return this.#before;
  });

  constructor(board: Board, rights: Rights) {
    this.board = board;
    this.rights = rights;
  }

  /** Whether the persona's line is drawn. */
  shows(persona: Persona): boolean {
    return !this.#hidden.has(persona.id);
  }

  /** Shows or hides a persona's line. */
  toggle(persona: Persona): void {
    const hidden = new Set(this.#hidden);
    if (!hidden.delete(persona.id)) hidden.add(persona.id);
    this.#hidden = hidden;
  }

  /** Opens or closes the field of a text. */
  edit(name: string, open: boolean): void {
    if (open) this.editing = name;
    else if (this.editing === name) this.editing = null;
  }

  /** The layer in which a new touchpoint comes to stand. */
  get layerOfNew(): "current" | "desired" {
    return this.layers === "desired" ? "desired" : "current";
  }
}
