/** The touchpoints of the current and the desired journey. */

import type * as Y from "yjs";
import type { History } from "./history.ts";
import { newId } from "./ids.ts";
import { keysBetween } from "./ordering.ts";
import { readTouchpoint } from "./reading.ts";
import {
  type Channel,
  type Initiator,
  LAYERS,
  type Layer,
  LIMITS,
  type Touchpoint,
} from "./schema.ts";
import { SortedCollection } from "./sorted.ts";
import { clip } from "./text.ts";

/** What can be said of a touchpoint besides its title and place. */
export interface TouchpointDetails {
  channel?: Channel;
  initiator?: Initiator;
  emotion?: string;
  momentOfTruth?: boolean;
}

export class Touchpoints extends SortedCollection<Touchpoint> {
  readonly #history: History;
  readonly #byPhase = this.grouped((touchpoint) => `${touchpoint.layer} ${touchpoint.phase}`);

  constructor(document: Y.Doc, history: History) {
    super(document.getMap("touchpoints"), readTouchpoint);
    this.#history = history;
  }

  /** The touchpoints of a phase in one layer, in order (B4). */
  in(phase: string, layer: Layer): readonly Touchpoint[] {
    return this.#byPhase().get(`${layer} ${phase}`) ?? [];
  }

  /** Adds a touchpoint before another of its phase, or last; gives its id. */
  add(phase: string, layer: Layer, title: string, before: string | null = null): string {
    const id = newId();
    this.#history.act("addTouchpoint", () =>
      this.put(id, {
        phase,
        layer,
        order: this.place(this.in(phase, layer), null, before),
        title: clip(title, LIMITS.title),
        momentOfTruth: false,
        ...(layer === "desired" && { origin: null, change: "add" }),
      }),
    );
    return id;
  }

  rename(id: string, title: string): void {
    this.#history.act("renameTouchpoint", () =>
      this.change(id, { title: clip(title, LIMITS.title) }),
    );
  }

  describe(id: string, details: TouchpointDetails): void {
    const { emotion, ...others } = details;
    const clipped = emotion === undefined ? {} : { emotion: clip(emotion, LIMITS.title) };
    this.#history.act("changeTouchpoint", () => this.change(id, { ...others, ...clipped }));
  }

  /** Within an action: gives a touchpoint another place, in its own layer. */
  placeIn(touchpoint: Touchpoint, phase: string, before: string | null): void {
    const siblings = this.in(phase, touchpoint.layer);
    const order = this.place(siblings, touchpoint.id, before);
    this.change(touchpoint.id, { phase, order });
  }

  /** Within an action: moves all touchpoints of a phase to the end of another, in order. */
  moveAll(from: string, to: string): void {
    for (const layer of LAYERS) {
      const moving = this.in(from, layer);
      const last = this.in(to, layer).at(-1)?.order ?? null;
      const keys = keysBetween(last, null, moving.length);
      for (const [index, { id }] of moving.entries()) {
        this.change(id, { phase: to, order: keys[index] });
      }
    }
  }
}
