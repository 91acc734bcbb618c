import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import golden from "../../../../protocol/fixtures/heartbeat.json";
import { Board } from "../../lib/board/board.ts";
import { gridOf } from "../../lib/board/grid.ts";
import { fillFromJourney, type SampleJourney } from "../../lib/board/testing/journey.ts";
import { chooseLanguage } from "../../lib/i18n/messages.svelte.ts";
import { areaPath, monotonePath, runsOf } from "./curve.ts";
import { heightOf, offsetOf, valueAt } from "./scale.ts";
import { seriesOf } from "./series.ts";
import { storyOf } from "./story.ts";

const samples = import.meta.glob<SampleJourney>("../../../../samples/*.json", {
  eager: true,
  import: "default",
});

describe("the curve", () => {
  test.each(golden.curves)("of $scores is that of Rust", ({ scores, paths }) => {
    expect(pathsOf(scores)).toEqual(paths);
  });

  test("does not go beyond two neighbouring points", () => {
    const path = monotonePath([-2, -2, 2, 2].map(placeOf));

    const heights = [...path.matchAll(/,(-?[\d.]+)/g)].map(([, y]) => Number(y));
    expect(Math.min(...heights)).toBe(heightOf(2));
    expect(Math.max(...heights)).toBe(heightOf(-2));
  });

  test("of one point has no area", () => {
    expect(areaPath([{ x: 1, y: 2 }], 3)).toBe("");
  });
});

describe("the heartbeat of a sample", () => {
  const lines = golden.samples.flatMap(({ slug, lines }) =>
    lines.map((line) => ({ slug, ...line })),
  );

  test.each(lines)("b5_$slug, $layer: points, curve and words are those of Rust", (line) => {
    const document = new Y.Doc();
    const sample = samples[`../../../../samples/${line.slug}.json`];
    if (sample) fillFromJourney(document, sample);
    const board = new Board(document);
    const layer = line.layer === "current" ? "current" : "desired";
    const grid = gridOf(board, layer);

    const [series] = seriesOf(board, grid.columns, layer, () => true);

    const points = series?.points ?? [];
    expect(points.map(({ value }) => value)).toEqual(line.points);
    expect(pathsOf(points.map(({ value }) => value))).toEqual(line.paths);
    const beats = points.map(({ column, touchpoint, value }) => ({
      phase: board.phases.get(grid.columns[column]?.phase ?? "") ?? { title: "", duration: null },
      title: touchpoint.title,
      value,
    }));
    for (const language of ["nl", "en"] as const) {
      chooseLanguage(language);
      expect(storyOf(line.persona, layer, beats)).toBe(line.twin[language]);
    }
    chooseLanguage("nl");
  });
});

test("a height snaps to the nearest value of the scale", () => {
  expect([-50, 23, 40, 113, 150, 300].map(valueAt)).toEqual([2, 2, 2, 0, -1, -2]);
});

test("lines of equal experience stand beside each other", () => {
  expect(offsetOf(0, 1)).toBe(0);
  expect([0, 1, 2].map((index) => offsetOf(index, 3))).toEqual([-32, 0, 32]);
});

function pathsOf(values: readonly (number | null)[]): string[] {
  return runsOf(values.map((value, index) => (value === null ? null : placeOf(value, index)))).map(
    monotonePath,
  );
}

function placeOf(value: number, index: number) {
  return { x: (index + 0.5) * golden.column, y: heightOf(value) };
}
