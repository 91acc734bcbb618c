/** Tells, politely and in batches, what others add to the board. */

import type { Grid } from "../../lib/board/grid.ts";
import type { Note } from "../../lib/board/schema.ts";
import { t } from "../../lib/i18n/messages.svelte.ts";
import { announce } from "../../lib/ui/announcements.svelte.ts";
import { phaseWord } from "../notes/places.ts";

/** What comes within this time is told together. */
const GATHER_MS = 5000;

export class RemoteNews {
  readonly #grid: () => Grid;
  readonly #self: string | null;
  #known: ReadonlySet<string> | undefined;
  #byPhase = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(grid: () => Grid, self: string | null) {
    this.#grid = grid;
    this.#self = self;
  }

  /** Compares the notes with those known before. */
  compare(notes: readonly Note[]): void {
    const known = this.#known;
    this.#known = new Set(notes.map(({ id }) => id));
    if (!known) return;
    for (const note of notes) {
      if (known.has(note.id) || note.author === this.#self) continue;
      this.#byPhase.set(note.phase, (this.#byPhase.get(note.phase) ?? 0) + 1);
    }
    if (this.#byPhase.size > 0) this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tell(): void {
    this.#timer = undefined;
    for (const [id, count] of this.#byPhase) {
      const phase = this.#grid().phases.find((one) => one.phase.id === id);
      announce(t("board.news", { count, phase: phase ? phaseWord(phase) : "" }));
    }
    this.#byPhase = new Map();
  }
}
