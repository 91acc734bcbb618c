/** The shared board of a room: reads it, and changes it in steps that can be undone. */

import type * as Y from "yjs";
import { BoardDetails } from "./details.ts";
import { History } from "./history.ts";
import { Notes } from "./notes.ts";
import { Personas } from "./personas.ts";
import { Phases } from "./phases.ts";
import { Remarks } from "./remarks.ts";
import type { Rights } from "./rights.ts";
import { ROOTS } from "./schema.ts";
import { Scores } from "./scores.ts";
import { Touchpoints } from "./touchpoints.ts";

/**
 * The document is the only copy of the board.
 *
 * What is read inside a component follows the document, whoever changes it.
 * One board belongs to one document; call {@link Board.destroy} before the
 * document is replaced.
 */
export class Board {
  readonly history: History;
  readonly details: BoardDetails;
  readonly phases: Phases;
  readonly touchpoints: Touchpoints;
  readonly personas: Personas;
  readonly scores: Scores;
  readonly quotes: Remarks;
  readonly painPoints: Remarks;
  readonly notes: Notes;

  readonly #document: Y.Doc;

  constructor(document: Y.Doc) {
    this.#document = document;
    this.history = new History(document);
    this.details = new BoardDetails(document, this.history);
    this.phases = new Phases(document, this.history);
    this.touchpoints = new Touchpoints(document, this.history);
    this.personas = new Personas(document, this.history);
    this.scores = new Scores(document, this.history);
    this.quotes = new Remarks(document, "quotes", this.history);
    this.painPoints = new Remarks(document, "painPoints", this.history);
    this.notes = new Notes(document, this.history);
  }

  /** From here on only what these rights allow is taken back, or moved to make room. */
  allow(rights: () => Rights): void {
    this.history.allow((action) => rights().may(action));
    this.notes.allow((note) => rights().ownsNote(note));
  }

  /** Deletes a touchpoint and its scores; what people wrote at it stays, loose (B2). */
  deleteTouchpoint(id: string): void {
    this.history.act("deleteTouchpoint", () => this.#takeOut(id));
  }

  /** Moves a touchpoint, with its notes, to a phase: before another there, or last. */
  moveTouchpoint(id: string, phase: string, before: string | null): void {
    const touchpoint = this.touchpoints.get(id);
    if (before === id || !touchpoint) return;
    this.history.act("moveTouchpoint", () => {
      this.touchpoints.placeIn(touchpoint, phase, before);
      if (touchpoint.phase !== phase) this.notes.follow(id, phase);
    });
  }

  /** Whether nothing is in the phase that its deletion would lose (B2). */
  isEmpty(phase: string): boolean {
    if (this.touchpoints.in(phase, "current").length > 0) return false;
    return this.notes.all.every((note) => note.phase !== phase);
  }

  /** Deletes an empty phase; the desired touchpoints in it go with it. */
  deletePhase(id: string): void {
    if (!this.isEmpty(id)) return;
    this.history.act("deletePhase", () => {
      for (const desired of this.touchpoints.in(id, "desired")) this.#takeOut(desired.id);
      this.phases.delete(id);
    });
  }

  /** Moves everything in a phase, in order, to the end of another, and deletes it. */
  mergePhase(id: string, into: string): void {
    if (id === into || !this.phases.get(into)) return;
    this.history.act("deletePhase", () => {
      this.touchpoints.moveAll(id, into);
      this.notes.moveAll(id, into);
      this.phases.delete(id);
    });
  }

  /** Everything on the board as JSON, to be kept as a file. */
  copy(): string {
    const roots = ROOTS.map((root) => [root, this.#document.getMap(root).toJSON()]);
    // A document may hold large whole numbers, which JSON cannot say.
    const plain = (_: string, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value;
    return JSON.stringify(Object.fromEntries(roots), plain, 2);
  }

  /** Stops following the document. */
  destroy(): void {
    for (const part of [this.phases, this.touchpoints, this.personas, this.scores]) part.destroy();
    for (const part of [this.quotes, this.painPoints, this.notes]) part.destroy();
    this.history.destroy();
  }

  #takeOut(touchpoint: string): void {
    this.scores.deleteOf(touchpoint);
    this.quotes.detachFrom(touchpoint);
    this.painPoints.detachFrom(touchpoint);
    this.notes.detachFrom(touchpoint);
    this.touchpoints.delete(touchpoint);
  }
}
