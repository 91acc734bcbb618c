/** The board document, schema version 1 (B): its root names, words, limits, and what is read from it. */

/** The version of the schema that this client writes. */
export const SCHEMA_VERSION = 1;

/** Names of the root maps that hold things by id. */
export const COLLECTIONS = [
  "personas",
  "phases",
  "touchpoints",
  "scores",
  "quotes",
  "painPoints",
  "notes",
  "groups",
  "actions",
  "metrics",
  "versions",
] as const;

/** The name of a root map that holds things by id. */
export type CollectionName = (typeof COLLECTIONS)[number];

/** Names of every root map. */
export const ROOTS = ["board", "brief", ...COLLECTIONS] as const;

/** Longest texts that this client makes (B7), in UTF-16 units. */
export const LIMITS = { note: 500, title: 120, quote: 140, painPoint: 120 } as const;

export const CHANNELS = [
  "website",
  "online_form",
  "portal",
  "app",
  "chat",
  "social_media",
  "email",
  "sms",
  "phone",
  "video_call",
  "letter",
  "desk",
  "meeting",
  "home_visit",
  "third_party",
  "none",
] as const;
/** How customer and municipality meet (B6). */
export type Channel = (typeof CHANNELS)[number];

export const INITIATORS = ["customer", "municipality", "third_party"] as const;
/** Who begins the contact. */
export type Initiator = (typeof INITIATORS)[number];

export const LAYERS = ["current", "desired"] as const;
/** Which journey a touchpoint belongs to. */
export type Layer = (typeof LAYERS)[number];

export const CHANGES = ["keep", "improve", "add", "remove"] as const;
/** What the desired journey does with a touchpoint. */
export type Change = (typeof CHANGES)[number];

export const NOTE_KINDS = ["idea", "painPoint", "question", "compliment"] as const;
/** What a note is. */
export type NoteKind = (typeof NOTE_KINDS)[number];

export const NOTE_STATUSES = ["new", "selected", "parked", "rejected"] as const;
/** What was decided about a note. */
export type NoteStatus = (typeof NOTE_STATUSES)[number];

export const DURATION_UNITS = ["minutes", "days", "working_days", "weeks"] as const;
/** The unit of a phase's duration. */
export type DurationUnit = (typeof DURATION_UNITS)[number];

export const BASES = ["assumption", "interview", "data"] as const;
/** What a score rests on. */
export type Basis = (typeof BASES)[number];

export const SCORE_VALUES = [-2, -1, 0, 1, 2] as const;
/** An experience, from very negative to very positive. */
export type ScoreValue = (typeof SCORE_VALUES)[number];

/** Something with an identity and a place among its kind (B3). */
export interface Ordered {
  readonly id: string;
  readonly order: string;
}

export interface Phase extends Ordered {
  readonly title: string;
  readonly customerGoal: string;
  readonly duration: { readonly value: number; readonly unit: DurationUnit } | null;
  readonly desiredSummary: string;
  readonly desiredChanges: readonly string[];
}

export interface Touchpoint extends Ordered {
  readonly phase: string;
  readonly layer: Layer;
  readonly origin: string | null;
  readonly title: string;
  readonly channel: Channel | null;
  readonly initiator: Initiator | null;
  readonly department: string;
  readonly emotion: string;
  readonly momentOfTruth: boolean;
  readonly change: Change | null;
}

export interface Persona extends Ordered {
  readonly name: string;
  readonly age: number | null;
  readonly occupation: string;
  readonly situation: string;
  readonly quote: string;
}

export interface Score {
  readonly id: string;
  readonly touchpoint: string;
  readonly persona: string;
  readonly value: ScoreValue;
  readonly basis: Basis;
}

/** A quote or a pain point. Without touchpoint it is loose material (B2). */
export interface Remark extends Ordered {
  readonly touchpoint: string | null;
  readonly text: string;
}

export interface Note extends Ordered {
  readonly kind: NoteKind;
  readonly text: string;
  readonly phase: string;
  readonly touchpoint: string | null;
  readonly author: string | null;
  readonly municipality: string;
  readonly createdAt: number;
  readonly theme: string;
  readonly status: NoteStatus;
  readonly votes: number | null;
}

/** The plain values about the board as a whole. */
export interface Details {
  readonly title: string;
  readonly summary: string;
  readonly municipality: string;
  readonly productName: string;
  readonly lifeEvent: string;
  readonly language: string;
  readonly fictional: boolean;
}
