import { describe, expect, test } from "vitest";
import golden from "../../../../protocol/fixtures/ordering.json";
import {
  compareOrder,
  isOrderKey,
  keyBetween,
  keysBetween,
  placeBefore,
  sequence,
} from "./ordering.ts";

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

function byCodeUnit(one: string, other: string): number {
  return one < other ? -1 : 1;
}
