/** One root map of the board as values that components can follow. */

import { createSubscriber } from "svelte/reactivity";
import * as Y from "yjs";
import type { Fields } from "./reading.ts";

/**
 * The things of one kind, by id.
 *
 * The document is the only copy of its content; this keeps what was read from
 * it and reads again only the things that a transaction touched. Values that
 * did not change keep their identity, so that a board of 1,500 notes draws one
 * card when one note changes.
 */
export class Collection<T> {
  readonly #map: Y.Map<unknown>;
  readonly #read: (id: string, fields: Fields) => T | null;
  #values: ReadonlyMap<string, T>;
  readonly #follow: () => void;
  readonly #observe: (events: Y.YEvent<Y.AbstractType<unknown>>[]) => void;
  #changed: (() => void) | null = null;
  #revision = 0;

  constructor(map: Y.Map<unknown>, read: (id: string, fields: Fields) => T | null) {
    this.#map = map;
    this.#read = read;
    this.#follow = createSubscriber((update) => {
      this.#changed = update;
      return () => {
        this.#changed = null;
      };
    });
    this.#values = this.#readAgain(new Map(), map.keys());
    this.#observe = (events) => this.#take(events);
    map.observeDeep(this.#observe);
  }

  /** Values by id. */
  get byId(): ReadonlyMap<string, T> {
    this.#follow();
    return this.#values;
  }

  /** Rises with every change; a cheap key for what is derived from the values. */
  get revision(): number {
    this.#follow();
    return this.#revision;
  }

  get(id: string): T | undefined {
    return this.byId.get(id);
  }

  /** The fields of one thing, to write to. */
  fields(id: string): Fields | null {
    const fields = this.#map.get(id);
    return fields instanceof Y.Map ? fields : null;
  }

  /** Adds a thing with these fields; fields that are `undefined` stay out. */
  put(id: string, fields: Readonly<Record<string, unknown>>): void {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    this.#map.set(id, new Y.Map(given));
  }

  /** Changes those fields of a thing that have another value. */
  change(id: string, fields: Readonly<Record<string, unknown>>): void {
    const own = this.fields(id);
    if (!own) return;
    for (const [key, value] of Object.entries(fields)) {
      if (own.get(key) !== value) own.set(key, value);
    }
  }

  delete(id: string): void {
    this.#map.delete(id);
  }

  /** Stops following the document. */
  destroy(): void {
    this.#map.unobserveDeep(this.#observe);
  }

  #take(events: Y.YEvent<Y.AbstractType<unknown>>[]): void {
    const touched = events.flatMap((event) => {
      const id = event.path[0];
      return typeof id === "string" ? [id] : [...event.changes.keys.keys()];
    });
    this.#values = this.#readAgain(new Map(this.#values), touched);
    this.#revision++;
    this.#changed?.();
  }

  #readAgain(values: Map<string, T>, ids: Iterable<string>): ReadonlyMap<string, T> {
    for (const id of ids) {
      const fields = this.fields(id);
      const value = fields && this.#read(id, fields);
      if (value === null) values.delete(id);
      else values.set(id, value);
    }
    return values;
  }
}

/** Remembers what `make` gave for as long as `revisions` stay the same. */
export function remember<T>(
  revisions: () => readonly unknown[],
  make: (before: T | undefined) => T,
): () => T {
  let known: readonly unknown[] | null = null;
  let value: T | undefined;
  return () => {
    const current = revisions();
    if (known === null || current.some((part, index) => part !== known?.[index])) {
      value = make(value);
      known = current;
    }
    return value as T;
  };
}

/** Groups values by a key, keeping the lists of `before` that are still the same. */
export function groupBy<T>(
  values: Iterable<T>,
  keyOf: (value: T) => string,
  before?: ReadonlyMap<string, readonly T[]>,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  const kept = new Map<string, readonly T[]>();
  for (const [key, group] of groups) {
    const old = before?.get(key);
    const same = old?.length === group.length && group.every((value, at) => value === old[at]);
    kept.set(key, same && old ? old : group);
  }
  return kept;
}
