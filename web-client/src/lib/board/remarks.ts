/** Quotes and pain points: short texts at a touchpoint. */

import * as Y from "yjs";
import type { Action, History } from "./history.ts";
import { newId } from "./ids.ts";
import { readRemark } from "./reading.ts";
import { LIMITS, type Remark } from "./schema.ts";
import { SortedCollection } from "./sorted.ts";
import { clip, writeText } from "./text.ts";

const KINDS = {
  quotes: { limit: LIMITS.quote, add: "addQuote", edit: "editQuote", remove: "deleteQuote" },
  painPoints: {
    limit: LIMITS.painPoint,
    add: "addPainPoint",
    edit: "editPainPoint",
    remove: "deletePainPoint",
  },
} as const satisfies Record<string, { limit: number; add: Action; edit: Action; remove: Action }>;

/** Which short texts. */
export type RemarkKind = keyof typeof KINDS;

const LOOSE = "";

export class Remarks extends SortedCollection<Remark> {
  /** The longest text that is made. */
  readonly limit: number;
  readonly #history: History;
  readonly #actions: (typeof KINDS)[RemarkKind];
  readonly #byTouchpoint = this.grouped((remark) => remark.touchpoint ?? LOOSE);

  constructor(document: Y.Doc, kind: RemarkKind, history: History) {
    super(document.getMap(kind), readRemark);
    this.#history = history;
    this.#actions = KINDS[kind];
    this.limit = this.#actions.limit;
  }

  /** Those at a touchpoint, or with `null` the loose ones, in order. */
  at(touchpoint: string | null): readonly Remark[] {
    return this.#byTouchpoint().get(touchpoint ?? LOOSE) ?? [];
  }

  /** Those whose touchpoint is gone, by deletion here or elsewhere, in order. */
  looseAmong(touchpoints: ReadonlyMap<string, unknown>): readonly Remark[] {
    return this.all.filter(({ touchpoint }) => !touchpoints.has(touchpoint ?? ""));
  }

  add(touchpoint: string, text: string): string {
    const id = newId();
    this.#history.act(this.#actions.add, () => {
      const order = this.place(this.at(touchpoint), null, null);
      this.put(id, { touchpoint, order, text: new Y.Text(clip(text, this.limit)) });
    });
    return id;
  }

  /** Rewrites one that read `base` when the writer began; what others wrote elsewhere in it stays. */
  edit(id: string, text: string, base: string): void {
    const fields = this.fields(id);
    if (!fields || base === text) return;
    this.#history.act(this.#actions.edit, () =>
      writeText(fields, "text", clip(text, Math.max(this.limit, base.length)), base),
    );
  }

  /** Places a loose one at a touchpoint. */
  attach(id: string, touchpoint: string): void {
    this.#history.act(this.#actions.edit, () =>
      this.change(id, { touchpoint, order: this.place(this.at(touchpoint), id, null) }),
    );
  }

  remove(id: string): void {
    this.#history.act(this.#actions.remove, () => this.delete(id));
  }

  /** Within an action: makes those of a touchpoint loose (B2). */
  detachFrom(touchpoint: string): void {
    for (const remark of this.at(touchpoint)) this.change(remark.id, { touchpoint: null });
  }
}
