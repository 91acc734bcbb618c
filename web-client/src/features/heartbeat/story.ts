/**
 * The heartbeat in words: where it starts, its low, its peak, and where it ends.
 *
 * The twin of `protocol/src/board/heartbeat/twin.rs`; the tests of both read the same fixture.
 */

import type { DurationUnit, Layer, Phase, ScoreValue } from "../../lib/board/schema.ts";
import { language, type MessageKey, t } from "../../lib/i18n/messages.svelte.ts";
import { wordOf } from "./words.ts";

/** One touchpoint of a line. */
export interface Beat {
  readonly phase: Pick<Phase, "title" | "duration">;
  readonly title: string;
  readonly value: ScoreValue | null;
}

const DURATIONS = {
  minutes: "heartbeat.duration.minutes",
  days: "heartbeat.duration.days",
  working_days: "heartbeat.duration.workingDays",
  weeks: "heartbeat.duration.weeks",
} as const satisfies Record<DurationUnit, MessageKey>;

/** What the persona lives through in a layer. */
export function storyOf(persona: string, layer: Layer, beats: readonly Beat[]): string {
  const known = beats.flatMap((beat) => (beat.value === null ? [] : [beat.value]));
  if (known.length === 0) return t(`heartbeat.twin.empty.${layer}`);
  const name = persona || t("heartbeat.persona.nameless");
  const story = t("heartbeat.twin.story", { persona: name, beats: joined(turnsOf(beats)) });
  const mean = known.reduce<number>((sum, value) => sum + value, 0) / known.length;
  const rounded = Math.floor(mean * 10 + 0.5) / 10;
  const sentences = [
    t(`heartbeat.twin.${layer}`, { story }),
    t("heartbeat.twin.mean", { mean: numberWord(rounded) }),
  ];
  const unknown = beats.length - known.length;
  if (unknown > 0) sentences.push(t("heartbeat.twin.unknown", { count: unknown }));
  return sentences.join(" ");
}

/** How long a phase lasts. */
export function durationWord(duration: NonNullable<Phase["duration"]>): string {
  const { value, unit } = duration;
  return t(DURATIONS[unit], { count: value }).replace(String(value), numberWord(value));
}

/** Start, low, peak and end in the order in which they come; what is the same is told once. */
function turnsOf(beats: readonly Beat[]): string[] {
  const known = beats.filter(({ value }) => value !== null);
  const values = known.map(({ value }) => value ?? 0);
  const low = known[values.indexOf(least(values))];
  const peak = known[values.indexOf(most(values))];
  const [start, end] = [known[0], known.at(-1)];
  if (!start || !end || !low || !peak) return [];
  if (start === end) return [told("heartbeat.twin.single", start)];
  if (low === peak) return [t("heartbeat.twin.flat", { score: wordOf(low.value) })];
  const between = known.slice(1, -1).flatMap((beat) => {
    if (beat === low) return [told("heartbeat.twin.low", beat)];
    return beat === peak ? [told("heartbeat.twin.peak", beat)] : [];
  });
  return [told("heartbeat.twin.start", start), ...between, told("heartbeat.twin.end", end)];
}

function least(values: readonly ScoreValue[]): ScoreValue {
  return values.reduce((one, other) => (other < one ? other : one), 2);
}

function most(values: readonly ScoreValue[]): ScoreValue {
  return values.reduce((one, other) => (other > one ? other : one), -2);
}

function told(key: MessageKey, beat: Beat): string {
  return t(key, { score: wordOf(beat.value), place: placeOf(beat) });
}

/** Where a beat is: touchpoint and phase, with the phase's duration where that is known. */
function placeOf({ phase, title }: Beat): string {
  const values = {
    phase: phase.title || t("heartbeat.untitled"),
    touchpoint: title || t("heartbeat.untitled"),
  };
  if (!phase.duration) return t("heartbeat.place", values);
  return t("heartbeat.place.lasting", { ...values, duration: durationWord(phase.duration) });
}

/** One, two and three. */
function joined(turns: readonly string[]): string {
  return turns.reduce((before, beat, index) =>
    t(index === turns.length - 1 ? "heartbeat.twin.last" : "heartbeat.twin.next", { before, beat }),
  );
}

function numberWord(value: number): string {
  const text = String(value + 0);
  return language() === "nl" ? text.replace(".", ",") : text;
}
