/** A collection of things that have a place among their kind. */

import { Collection, groupBy, remember } from "./collection.ts";
import { compareOrder, type Placement, placeBefore } from "./ordering.ts";
import type { Ordered } from "./schema.ts";

export class SortedCollection<T extends Ordered> extends Collection<T> {
  readonly #sorted = remember(
    () => [this.revision],
    () => [...this.byId.values()].sort(compareOrder) as readonly T[],
  );

  /** Every thing, in order (B4). */
  get all(): readonly T[] {
    return this.#sorted();
  }

  /** The things of each group, in order; a group that did not change keeps its list. */
  grouped(keyOf: (value: T) => string): () => ReadonlyMap<string, readonly T[]> {
    return remember<ReadonlyMap<string, readonly T[]>>(
      () => [this.all],
      (before) => groupBy(this.all, keyOf, before),
    );
  }

  /**
   * The key before `before`, or last, among `siblings`; makes room where there is none, by
   * moving those that `mayMove`.
   */
  protected place(
    siblings: readonly T[],
    id: string | null,
    before: string | null,
    mayMove?: (sibling: T) => boolean,
  ): string {
    const others = siblings.filter((sibling) => sibling.id !== id);
    const { order, moved }: Placement = placeBefore(others, before, mayMove);
    for (const [sibling, key] of moved) this.change(sibling, { order: key });
    return order;
  }
}
