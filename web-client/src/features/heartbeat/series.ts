/** The lines of the heartbeat: for each persona and layer, its experiences column by column. */

import type { Board } from "../../lib/board/board.ts";
import type { Column, View } from "../../lib/board/grid.ts";
import type { Layer, Persona, ScoreValue, Touchpoint } from "../../lib/board/schema.ts";
import { t } from "../../lib/i18n/messages.svelte.ts";

/** One experience of a line; `value` is `null` where it is unknown. */
export interface HeartbeatPoint {
  readonly column: number;
  readonly touchpoint: Touchpoint;
  readonly value: ScoreValue | null;
}

/** One line. */
export interface Series {
  readonly id: string;
  readonly persona: Persona;
  /** Place of the persona among all, which chooses its colour and dashes. */
  readonly tone: number;
  readonly layer: Layer;
  readonly points: readonly HeartbeatPoint[];
}

/** Whose line it is, in words. */
export function lineName({ persona, layer }: Series): string {
  const values = { persona: persona.name || t("board.persona.nameless") };
  return t(layer === "desired" ? "board.heartbeat.desired" : "board.heartbeat.current", values);
}

/** Most lines at once; more cannot be told apart. */
export const MOST_LINES = 4;

/** The lines that the view shows of these personas (B5). */
export function seriesOf(
  board: Board,
  columns: readonly Column[],
  view: View,
  shown: (persona: Persona) => boolean,
): Series[] {
  const layers: Layer[] = view === "both" ? ["current", "desired"] : [view];
  return board.personas.all
    .flatMap((persona, tone) =>
      shown(persona)
        ? layers.map((layer) => ({
            id: `${persona.id}:${layer}`,
            persona,
            tone,
            layer,
            points: pointsOf(board, columns, persona, layer),
          }))
        : [],
    )
    .filter((series) => view !== "both" || series.layer === "current" || isKnown(series))
    .slice(0, MOST_LINES);
}

function isKnown({ points }: Series): boolean {
  return points.some(({ value }) => value !== null);
}

function pointsOf(
  board: Board,
  columns: readonly Column[],
  persona: Persona,
  layer: Layer,
): HeartbeatPoint[] {
  return columns.flatMap((column, index) => {
    const touchpoint = column[layer];
    if (touchpoint === null) return [];
    const value = board.scores.of(touchpoint.id, persona.id);
    // What is left out of the desired journey has no experience that could be unknown.
    if (value === null && touchpoint.change === "remove") return [];
    return [{ column: index, touchpoint, value }];
  });
}
