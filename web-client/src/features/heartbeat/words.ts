/** The words for experiences. */

import type { ScoreValue } from "../../lib/board/schema.ts";
import { type MessageKey, t } from "../../lib/i18n/messages.svelte.ts";

const KEYS = {
  "-2": "heartbeat.score.veryNegative",
  "-1": "heartbeat.score.negative",
  "0": "heartbeat.score.neutral",
  "1": "heartbeat.score.positive",
  "2": "heartbeat.score.veryPositive",
} as const satisfies Record<`${ScoreValue}`, MessageKey>;

/** The word for a value; `null` is unknown. */
export function wordOf(value: ScoreValue | null): string {
  return t(value === null ? "heartbeat.score.unknown" : KEYS[`${value}`]);
}

/** What an experience makes one feel: which colour and which face. */
export function moodOf(value: ScoreValue | null): "positive" | "neutral" | "negative" | "unknown" {
  if (value === null) return "unknown";
  if (value === 0) return "neutral";
  return value > 0 ? "positive" : "negative";
}
