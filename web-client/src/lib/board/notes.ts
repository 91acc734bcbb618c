/** Sticky notes. */

import * as Y from "yjs";
import type { History } from "./history.ts";
import { newId } from "./ids.ts";
import { keysBetween } from "./ordering.ts";
import { readNote } from "./reading.ts";
import { LIMITS, type Note, type NoteKind } from "./schema.ts";
import { SortedCollection } from "./sorted.ts";
import { clip, writeText } from "./text.ts";

/** Where a note hangs: at a touchpoint, or at the phase as a whole. */
export interface Spot {
  readonly phase: string;
  readonly touchpoint: string | null;
}

/** Who writes a note, as it will say. */
export interface Author {
  readonly id: string | null;
  readonly municipality: string;
}

export class Notes extends SortedCollection<Note> {
  readonly #history: History;
  readonly #bySpot = this.grouped(keyOf);
  #mayMove: (note: Note) => boolean = () => true;

  constructor(document: Y.Doc, history: History) {
    super(document.getMap("notes"), readNote);
    this.#history = history;
  }

  /** From here on only notes that this allows are moved to make room for another. */
  allow(mayMove: (note: Note) => boolean): void {
    this.#mayMove = mayMove;
  }

  /** The notes at a spot, in order. */
  at(spot: Spot): readonly Note[] {
    return this.#bySpot().get(keyOf(spot)) ?? [];
  }

  /** Adds a note for each text, last at the spot; gives their ids. */
  add(spot: Spot, kind: NoteKind, texts: readonly string[], author: Author, now: number): string[] {
    const last = this.at(spot).at(-1)?.order ?? null;
    const keys = keysBetween(last, null, texts.length);
    const ids = texts.map(() => newId());
    this.#history.act("addNote", () => {
      for (const [index, text] of texts.entries()) {
        this.put(ids[index] ?? newId(), {
          kind,
          text: new Y.Text(clip(text, LIMITS.note)),
          phase: spot.phase,
          touchpoint: spot.touchpoint,
          order: keys[index],
          author: author.id,
          municipality: author.municipality,
          createdAt: now,
          status: "new",
        });
      }
    });
    return ids;
  }

  /** Rewrites a note that read `base` when the writer began; what others wrote elsewhere in it stays. */
  edit(id: string, text: string, base: string): void {
    const fields = this.fields(id);
    if (!fields || base === text) return;
    this.#history.act("editNote", () =>
      writeText(fields, "text", clip(text, Math.max(LIMITS.note, base.length)), base),
    );
  }

  setKind(id: string, kind: NoteKind): void {
    this.#history.act("editNote", () => this.change(id, { kind }));
  }

  /** Moves a note to a spot, before another note there, or last. */
  move(id: string, spot: Spot, before: string | null = null): void {
    if (before === id || !this.get(id)) return;
    this.#history.act("moveNote", () => {
      const order = this.place(this.at(spot), id, before, this.#mayMove);
      this.change(id, { phase: spot.phase, touchpoint: spot.touchpoint, order });
    });
  }

  remove(id: string): void {
    this.#history.act("deleteNote", () => this.delete(id));
  }

  /** Within an action: lets the notes of a touchpoint hang at its phase as a whole (B2). */
  detachFrom(touchpoint: string): void {
    for (const note of this.#of(touchpoint)) this.change(note.id, { touchpoint: null });
  }

  /** Within an action: takes the notes of a touchpoint along to another phase. */
  follow(touchpoint: string, phase: string): void {
    for (const note of this.#of(touchpoint)) this.change(note.id, { phase });
  }

  /** Within an action: moves all notes of a phase to another; they stay at their touchpoint. */
  moveAll(from: string, to: string): void {
    const loose = this.at({ phase: from, touchpoint: null });
    const last = this.at({ phase: to, touchpoint: null }).at(-1)?.order ?? null;
    const keys = keysBetween(last, null, loose.length);
    for (const [index, { id }] of loose.entries()) this.change(id, { order: keys[index] });
    for (const note of this.all) {
      if (note.phase === from) this.change(note.id, { phase: to });
    }
  }

  #of(touchpoint: string): Note[] {
    return this.all.filter((note) => note.touchpoint === touchpoint);
  }
}

function keyOf(spot: Spot): string {
  return `${spot.phase} ${spot.touchpoint ?? ""}`;
}
