import { describe, expect, test } from "vitest";
import golden from "../../../../protocol/fixtures/ordering.json";
import {
  compareOrder,
  isOrderKey,
  KEY_DIGITS,
  keyBetween,
  keysBetween,
  MIDDLE_KEY,
  placeBefore,
  readKey,
  sequence,
} from "./ordering.ts";
import type { Ordered } from "./schema.ts";

describe("order keys", () => {
  test.each(golden.between)(
    "b3_between $after and $before is $key, as in Rust",
    ({ after, before, key }) => {
      expect(keyBetween(after, before)).toBe(key);
    },
  );

  test.each(golden.sequence)("b3_a sequence of $count is that of Rust", ({ count, keys }) => {
    expect(sequence(count)).toEqual(keys);
  });

  test.each(golden.read)("b8_$text is read as in Rust", ({ text, key }) => {
    expect(readKey(text)).toBe(key);
  });

  test("b3_between two keys there is always another", () => {
    const keys = sequence(2);
    for (let step = 0; step < 500; step++) {
      const place = (step * 7919) % (keys.length + 1);
      keys.splice(place, 0, keyBetween(keys[place - 1] ?? null, keys[place] ?? null));
    }

    expect(keys).toEqual([...new Set(keys)].sort(byCodeUnit));
    expect(keys.every(isOrderKey)).toBe(true);
  });

  test.each([
    [null, null],
    ["V", null],
    [null, "V"],
    ["A", "B"],
  ])("b3_keys between %s and %s rise", (after, before) => {
    const keys = keysBetween(after, before, 40);

    expect(keys).toHaveLength(40);
    expect([after ?? "", ...keys, before ?? "~"]).toEqual(
      [after ?? "", ...keys, before ?? "~"].sort(byCodeUnit),
    );
  });

  test("equals make room for one that comes between them", () => {
    const siblings = ["a", "b", "c"].map((id) => ({ id, order: "V" }));

    const { order, moved } = placeBefore(siblings, "b");

    const placed = [
      ...siblings.map((one) => ({ ...one, order: moved.get(one.id) ?? one.order })),
      { id: "new", order },
    ];
    expect(placed.sort(compareOrder).map(({ id }) => id)).toEqual(["a", "new", "b", "c"]);
  });
});

/** The longest key that has nothing behind it, and one that has nothing before it. */
const LAST = "z".repeat(KEY_DIGITS);
const FIRST = `${"0".repeat(KEY_DIGITS - 1)}1`;

describe("keys that an older log, or a forged update, may hold", () => {
  test.each([
    ["z".repeat(60_000), LAST],
    [`A${"0".repeat(60_000)}`, "A"],
    ["A0", "A"],
    ["é", MIDDLE_KEY],
    ["", MIDDLE_KEY],
    ["000", MIDDLE_KEY],
    [7, MIDDLE_KEY],
    [undefined, MIDDLE_KEY],
  ])("b8_a value is read as a key of at most 64 digits", (value, key) => {
    expect(readKey(value)).toBe(key);
  });

  test.each([
    [LAST, null],
    [null, FIRST],
    ["z".repeat(60_000), null],
    [LAST.replace(/z$/, "x"), LAST.replace(/z$/, "y")],
  ])("b8_no key gets longer than 64 digits", (after, before) => {
    expect(isOrderKey(keyBetween(after, before))).toBe(true);
  });

  test.each([LAST, FIRST, "V"])("40,000 equal keys still let another between", (key) => {
    const siblings = Array.from({ length: 40_000 }, (_, at) => ({ id: at.toString(), order: key }));

    const { order, moved } = placeBefore(siblings, "20000");

    expect(isOrderKey(order)).toBe(true);
    expect(moved.size).toBeLessThan(2_048);
  });

  test("b8_a thousand things at one place keep short keys, and their order", () => {
    let placed: Ordered[] = [
      { id: "first", order: "A" },
      { id: "last", order: "B" },
    ];
    for (let count = 0; count < 1_000; count++) {
      const before = placed[1 + (count % 2)]?.id ?? null;
      const expected = placed.map(({ id }) => id);
      expected.splice(1 + (count % 2), 0, `${count}`);

      const { order, moved } = placeBefore(placed, before);
      placed = [
        ...placed.map((one) => ({ ...one, order: moved.get(one.id) ?? one.order })),
        { id: `${count}`, order },
      ].sort(compareOrder);

      expect(placed.map(({ id }) => id)).toEqual(expected);
    }
    expect(placed.every(({ order }) => isOrderKey(order))).toBe(true);
  });

  test("what may not be moved stays, and the new one stands as near as it can", () => {
    const siblings = ["a", "b", "c"].map((id) => ({ id, order: LAST }));

    const { order, moved } = placeBefore(siblings, "b", () => false);

    expect(moved.size).toBe(0);
    expect(order).toBe(LAST);
  });
});

function byCodeUnit(one: string, other: string): number {
  return one < other ? -1 : 1;
}
