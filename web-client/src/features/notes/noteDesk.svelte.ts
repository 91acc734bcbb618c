/** What this person is doing with notes: writing, moving, looking into a full cell. */

import type { Board } from "../../lib/board/board.ts";
import type { Grid, View } from "../../lib/board/grid.ts";
import type { Author } from "../../lib/board/notes.ts";
import type { Rights } from "../../lib/board/rights.ts";
import type { Note, NoteKind } from "../../lib/board/schema.ts";
import { t } from "../../lib/i18n/messages.svelte.ts";
import { announce } from "../../lib/ui/announcements.svelte.ts";
import { toast } from "../../lib/ui/toasts.svelte.ts";
import { type NotePlace, placeWord, spotOf, stepFrom } from "./places.ts";

/** A note that is on its way. */
export interface Carried {
  readonly note: Note;
  /** Where it would come to stand. */
  readonly place: NotePlace | null;
  /** Where the pointer holds it, in the window; absent with the keyboard. */
  readonly pointer: { readonly x: number; readonly y: number; readonly width: number } | null;
}

/** What the desk needs to know of the board around it. */
export interface Surroundings {
  readonly board: Board;
  readonly rights: Rights;
  readonly author: Author;
  grid(): Grid;
  view(): View;
  /** Votes for a note in the last revealed round. */
  votes(note: string): number | null;
  /** Puts focus on a note once it is drawn. */
  focusNote(id: string): void;
}

export class NoteDesk {
  readonly around: Surroundings;
  /** The column whose composer is open. */
  composing = $state<string | null>(null);
  /** The column that is open as a panel. */
  expanded = $state<string | null>(null);
  /** The note whose text is in a field. */
  editing = $state<string | null>(null);
  /** The note that the dialog moves. */
  moving = $state.raw<Note | null>(null);
  carried = $state.raw<Carried | null>(null);
  /** The kind of the next note. */
  kind = $state<NoteKind>("idea");

  constructor(around: Surroundings) {
    this.around = around;
  }

  /** Writes notes in a column, one for each text. */
  add(column: string, texts: readonly string[]): void {
    const found = this.#column(column);
    const written = texts.map((text) => text.trim()).filter((text) => text !== "");
    if (!found || written.length === 0 || !this.around.rights.notes) return;
    const { board, author } = this.around;
    board.notes.add(spotOf(found), this.kind, written, author, Date.now());
    announce(t("notes.added", { count: written.length }));
  }

  /** Takes a note up, to be moved by keys. */
  pickUp(note: Note, place: NotePlace): void {
    this.carried = { note, place, pointer: null };
    announce(t("notes.pickedUp"));
  }

  /** Moves the note that was taken up by an arrow key. */
  step(key: string): void {
    const carried = this.carried;
    if (!carried?.place) return;
    const place = stepFrom(this.around.grid(), carried.place, carried.note.id, key);
    this.carried = { ...carried, place };
    announce(this.#words(place, carried.note.id));
  }

  /** Puts the carried note down where it is. */
  drop(): void {
    const carried = this.carried;
    this.carried = null;
    if (carried?.place) this.move(carried.note.id, carried.place);
  }

  /** Leaves the carried note where it was. */
  cancel(): void {
    if (!this.carried) return;
    this.carried = null;
    announce(t("notes.cancelled"));
  }

  /** Moves a note to a place. */
  move(id: string, place: NotePlace): void {
    const column = this.#column(place.column);
    const note = this.around.board.notes.get(id);
    if (!column || !note) return;
    if (!this.around.rights.ownsNote(note)) {
      toast(t("notes.locked.move"));
      return;
    }
    const words = this.#words(place, id);
    this.around.board.notes.move(id, spotOf(column), place.before);
    announce(t("notes.moved", { place: words }));
    this.around.focusNote(id);
  }

  #words(place: NotePlace, moving: string): string {
    return placeWord(this.around.grid(), this.around.view(), place, moving);
  }

  #column(id: string) {
    return this.around.grid().columns.find((column) => column.id === id);
  }
}
