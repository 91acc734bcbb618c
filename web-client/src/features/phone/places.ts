/** Names of places on the board, for people. */

import type { PhaseColumns } from "../../lib/board/grid.ts";
import type { Touchpoint } from "../../lib/board/schema.ts";
import { t } from "../../lib/i18n/messages.svelte.ts";

/** What a phase is called. */
export function phaseName({ phase, missing }: PhaseColumns): string {
  if (missing) return t("phone.phase.gone");
  return phase.title.trim() || t("phone.phase.unnamed");
}

/** What a touchpoint is called. */
export function touchpointName(touchpoint: Touchpoint): string {
  return touchpoint.title.trim() || t("phone.touchpoint.unnamed");
}

/** What a place is called: its touchpoint, or the phase as a whole. */
export function placeName(
  phases: readonly PhaseColumns[],
  phase: string,
  touchpoint: string | null,
): string {
  const found = phases.find((candidate) => candidate.phase.id === phase);
  const column = found?.columns.find(({ current }) => current?.id === touchpoint);
  if (touchpoint && column?.current) return touchpointName(column.current);
  return found ? phaseName(found) : t("phone.phase.gone");
}
