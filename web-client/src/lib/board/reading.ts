/** Reads things from the board; a malformed value is skipped or takes its default, it never fails. */

import * as Y from "yjs";
import { readKey } from "./ordering.ts";
import {
  BASES,
  CHANGES,
  CHANNELS,
  DURATION_UNITS,
  INITIATORS,
  LAYERS,
  NOTE_KINDS,
  NOTE_STATUSES,
  type Note,
  type Persona,
  type Phase,
  type Remark,
  SCORE_VALUES,
  type Score,
  type Touchpoint,
} from "./schema.ts";

/** The fields of one thing on the board. */
export type Fields = Y.Map<unknown>;

/** The text at `key`, written together or plain; empty when there is none. */
export function readText(fields: Fields, key: string): string {
  const value = fields.get(key);
  if (typeof value === "string") return value;
  return value instanceof Y.Text ? value.toString() : "";
}

function readId(fields: Fields, key: string): string | null {
  const value = fields.get(key);
  return typeof value === "string" && value !== "" ? value : null;
}

function readNumber(fields: Fields, key: string): number | null {
  const value = fields.get(key);
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function readWord<T>(words: readonly T[], value: unknown): T | null {
  return words.find((word) => word === value) ?? null;
}

function readTexts(value: unknown): string[] {
  const items = value instanceof Y.Array ? value.toArray() : value;
  return Array.isArray(items) ? items.filter((item) => typeof item === "string") : [];
}

function readOrder(fields: Fields): string {
  return readKey(fields.get("order"));
}

function readDuration(value: unknown): Phase["duration"] {
  if (typeof value !== "object" || value === null) return null;
  const plain: { value?: unknown; unit?: unknown } =
    value instanceof Y.Map ? value.toJSON() : value;
  const unit = readWord(DURATION_UNITS, plain.unit);
  const amount = plain.value;
  if (unit === null || typeof amount !== "number" || !Number.isFinite(amount)) return null;
  return amount > 0 ? { value: amount, unit } : null;
}

export function readPhase(id: string, fields: Fields): Phase {
  return {
    id,
    order: readOrder(fields),
    title: readText(fields, "title"),
    customerGoal: readText(fields, "customerGoal"),
    duration: readDuration(fields.get("duration")),
    desiredSummary: readText(fields, "desiredSummary"),
    desiredChanges: readTexts(fields.get("desiredChanges")),
  };
}

/** A touchpoint; `null` without a phase, for then it has no place. */
export function readTouchpoint(id: string, fields: Fields): Touchpoint | null {
  const phase = readId(fields, "phase");
  if (phase === null) return null;
  return {
    id,
    order: readOrder(fields),
    phase,
    layer: readWord(LAYERS, fields.get("layer")) ?? "current",
    origin: readId(fields, "origin"),
    title: readText(fields, "title"),
    channel: readWord(CHANNELS, fields.get("channel")),
    initiator: readWord(INITIATORS, fields.get("initiator")),
    department: readText(fields, "department"),
    emotion: readText(fields, "emotion"),
    momentOfTruth: fields.get("momentOfTruth") === true,
    change: readWord(CHANGES, fields.get("change")),
  };
}

export function readPersona(id: string, fields: Fields): Persona {
  return {
    id,
    order: readOrder(fields),
    name: readText(fields, "name"),
    age: readNumber(fields, "age"),
    occupation: readText(fields, "occupation"),
    situation: readText(fields, "situation"),
    quote: readText(fields, "quote"),
  };
}

/** A score; `null` when it is no experience, for unknown is never zero. */
export function readScore(id: string, fields: Fields): Score | null {
  const touchpoint = readId(fields, "touchpoint");
  const persona = readId(fields, "persona");
  const value = readWord(SCORE_VALUES, fields.get("value"));
  if (touchpoint === null || persona === null || value === null) return null;
  const basis = readWord(BASES, fields.get("basis")) ?? "assumption";
  return { id, touchpoint, persona, value, basis };
}

export function readRemark(id: string, fields: Fields): Remark {
  return {
    id,
    order: readOrder(fields),
    touchpoint: readId(fields, "touchpoint"),
    text: readText(fields, "text"),
  };
}

/** A note; `null` without a phase, for then it has no place. */
export function readNote(id: string, fields: Fields): Note | null {
  const phase = readId(fields, "phase");
  if (phase === null) return null;
  return {
    id,
    order: readOrder(fields),
    kind: readWord(NOTE_KINDS, fields.get("kind")) ?? "idea",
    text: readText(fields, "text"),
    phase,
    touchpoint: readId(fields, "touchpoint"),
    author: readId(fields, "author"),
    municipality: readText(fields, "municipality"),
    createdAt: readNumber(fields, "createdAt") ?? 0,
    theme: readText(fields, "theme"),
    status: readWord(NOTE_STATUSES, fields.get("status")) ?? "new",
    votes: readNumber(fields, "votes"),
  };
}
