/**
 * Order keys (B3): between two of them there is always another, so that a move is one small write.
 *
 * A key is a fraction in base 62, written without its "0." and without trailing
 * zeros; comparing the text compares the fractions. The twin of
 * `protocol/src/board/ordering.rs`; the tests of both read the same fixture.
 */

import type { Ordered } from "./schema.ts";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE = DIGITS.length;
const HALF = BASE / 2;
/** Digits in which keys are counted up or down: 238,000 things in a row before keys get longer. */
const GROUP = 3;

/** Most digits of a key: every comparison walks along them (B8). */
export const KEY_DIGITS = 64;
/** Most things that get another key to make room for one. */
const MOST_MOVED = 1023;

/** The key of something that stands alone. */
export const MIDDLE_KEY = DIGITS.charAt(HALF);

/** Whether `text` is a key. */
export function isOrderKey(text: string): boolean {
  return text.length <= KEY_DIGITS && /^[0-9A-Za-z]*[1-9A-Za-z]$/.test(text);
}

/**
 * The key that a value of a board stands for: its first digits where it is too long, the middle
 * one where it is none.
 */
export function readKey(value: unknown): string {
  const digits = typeof value === "string" ? digitsOf(value) : null;
  return digits ? textOf(digits) : MIDDLE_KEY;
}

/** Compares by key, and equal keys by id, in code unit order on every machine. */
export function compareOrder(one: Ordered, other: Ordered): number {
  return compareText(one.order, other.order) || compareText(one.id, other.id);
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/**
 * A key after `after` and before `before`; `null` means no neighbour on that side.
 *
 * A neighbour that is no key counts as none. Where the neighbours stand the
 * wrong way round, or are equal, the key comes right after `after`. Where only
 * a longer key than {@link KEY_DIGITS} would lie between, it is that of a
 * neighbour: equal keys are ordered by id.
 */
export function keyBetween(after: string | null, before: string | null): string {
  const low = digitsOf(after);
  const high = digitsOf(before);
  const key = digitsBetween(low, high);
  return textOf(key.length <= KEY_DIGITS ? key : (low ?? high ?? key));
}

function digitsBetween(low: readonly number[] | null, high: readonly number[] | null): number[] {
  if (!low) return high ? previous(high) : [HALF];
  if (!high) return next(low);
  if (compareText(textOf(low), textOf(high)) >= 0) return [...low, HALF];
  return middle(low, high);
}

/** `count` rising keys after `after` and before `before`. */
export function keysBetween(after: string | null, before: string | null, count: number): string[] {
  if (count <= 0) return [];
  if (after === null && before === null) return sequence(count);
  if (before === null) {
    const first = keyBetween(after, null);
    const keys = [first];
    for (let last = first; keys.length < count; keys.push(last)) last = keyBetween(last, null);
    return keys;
  }
  const left = Math.floor(count / 2);
  const key = keyBetween(after, before);
  return [...keysBetween(after, key, left), key, ...keysBetween(key, before, count - left - 1)];
}

/** Keys for `count` things in a row, as short as they can be and evenly spread. */
export function sequence(count: number): string[] {
  let width = 1;
  let room = BASE;
  while (room <= count) {
    width += 1;
    room *= BASE;
  }
  return Array.from({ length: count }, (_, index) => {
    let rest = Math.floor(((index + 1) * room) / (count + 1));
    const key: number[] = [];
    for (let place = 0; place < width; place++) {
      key.unshift(rest % BASE);
      rest = Math.floor(rest / BASE);
    }
    return textOf(key);
  });
}

/** The first digits of a key, or `null` where it is no key. */
function digitsOf(key: string | null): number[] | null {
  const first = (key ?? "").slice(0, KEY_DIGITS).replace(/0+$/, "");
  const digits = Array.from(first, (digit) => DIGITS.indexOf(digit));
  return digits.length === 0 || digits.includes(-1) ? null : digits;
}

function textOf(digits: readonly number[]): string {
  return digits
    .map((digit) => DIGITS.charAt(digit))
    .join("")
    .replace(/0+$/, "");
}

/** The first so many digits, filled up with zeros. */
function leading(key: readonly number[], width: number): number[] {
  return Array.from({ length: width }, (_, place) => key[place] ?? 0);
}

/** Counts up by one in the first group of digits that has room. */
function next(key: readonly number[]): number[] {
  for (let width = GROUP; ; width += GROUP) {
    const counted = leading(key, width);
    const place = counted.findLastIndex((digit) => digit < BASE - 1);
    if (place >= 0) return [...counted.slice(0, place), (counted[place] ?? 0) + 1];
  }
}

/** Counts down by one in the first group of digits that has room. */
function previous(key: readonly number[]): number[] {
  for (let width = GROUP; ; width += GROUP) {
    const counted = leading(key, width);
    // A longer key lies after its first digits already.
    if (key.length <= width) countDown(counted);
    if (counted.some((digit) => digit > 0)) return counted;
  }
}

function countDown(digits: number[]): void {
  for (let place = digits.length - 1; place >= 0; place--) {
    const digit = digits[place] ?? 0;
    digits[place] = digit > 0 ? digit - 1 : BASE - 1;
    if (digit > 0) return;
  }
}

/** The shortest key between two, halfway where there is a choice. */
function middle(after: readonly number[], before: readonly number[]): number[] {
  const key: number[] = [];
  let bounded = true;
  for (let place = 0; ; place++) {
    const low = after[place] ?? 0;
    const high = bounded ? (before[place] ?? 0) : BASE;
    if (high > low + 1) return [...key, Math.floor((low + high) / 2)];
    if (high > low) {
      // Neighbouring digits: the upper one alone lies between if its key goes on.
      if (bounded && before.length > place + 1) return [...key, high];
      bounded = false;
    }
    key.push(low);
  }
}

/** Where something comes to stand, and which others must make room for it. */
export interface Placement {
  order: string;
  moved: ReadonlyMap<string, string>;
}

/**
 * The key for a place among `siblings`, which are in order: before the one
 * with id `before`, or last.
 *
 * People who add at the same moment make equal keys, and between equals there
 * is no key, nor between neighbours whose keys have every digit; then those
 * around the place that `mayMove` get new keys as well, as few as will do.
 * Where that does not help either, it comes to stand as near as it can.
 */
export function placeBefore<T extends Ordered>(
  siblings: readonly T[],
  before: string | null,
  mayMove: (sibling: T) => boolean = () => true,
): Placement {
  const found = siblings.findIndex((sibling) => sibling.id === before);
  const index = found < 0 ? siblings.length : found;
  for (let reach = 0; reach <= MOST_MOVED; reach = 2 * reach + 1) {
    const start = reachFrom(siblings, index - 1, -1, reach, mayMove) + 1;
    const end = reachFrom(siblings, index, 1, reach, mayMove);
    const lower = siblings[start - 1]?.order ?? null;
    const upper = siblings[end]?.order ?? null;
    const keys = keysBetween(lower, upper, end - start + 1);
    if (rises([lower, ...keys, upper])) {
      const [order = MIDDLE_KEY] = keys.splice(index - start, 1);
      const others = siblings.slice(start, end);
      return { order, moved: new Map(others.map(({ id }, at) => [id, keys[at] ?? order])) };
    }
  }
  const near = siblings[index - 1] ?? siblings[index];
  return { order: near?.order ?? MIDDLE_KEY, moved: new Map() };
}

/** The first place from `from` on that is out of reach, or may not be moved. */
function reachFrom<T>(
  siblings: readonly T[],
  from: number,
  step: 1 | -1,
  reach: number,
  mayMove: (sibling: T) => boolean,
): number {
  let at = from;
  for (let left = reach; left > 0; left--, at += step) {
    const sibling = siblings[at];
    if (sibling === undefined || !mayMove(sibling)) break;
  }
  return at;
}

/** Whether each key lies behind the one before; `null` stands for an open end. */
function rises(keys: readonly (string | null)[]): boolean {
  const given = keys.filter((key) => key !== null);
  return given.every((key, at) => at === 0 || (given[at - 1] ?? "") < key);
}
