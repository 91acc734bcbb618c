/** What the API answers, as read at the border. */

import * as v from "valibot";

const role = v.picklist(["observer", "voter", "participant", "coach"]);

export const boardMode = v.picklist(["open", "notes", "locked"]);

/** A round as the API shows it; `result` only once it is revealed. */
export const roundView = v.object({
  id: v.string(),
  title: v.string(),
  options: v.array(v.object({ note: v.string(), text: v.string(), place: v.string() })),
  budget: v.number(),
  cap: v.number(),
  onlyPresent: v.boolean(),
  status: v.picklist(["open", "closed", "revealed"]),
  answered: v.optional(v.number()),
  result: v.optional(
    v.object({
      voters: v.number(),
      votes: v.number(),
      ranking: v.array(
        v.object({
          note: v.string(),
          votes: v.number(),
          voters: v.number(),
          rank: v.number(),
          tied: v.boolean(),
        }),
      ),
    }),
  ),
});

/** A sample journey that a room can begin with. */
export const template = v.object({
  slug: v.string(),
  title: v.string(),
  municipality: v.nullish(v.string(), ""),
  summary: v.nullish(v.string(), ""),
  persona: v.nullish(v.string(), ""),
  phases: v.number(),
  touchpoints: v.number(),
});

/** A room that was made, with the secrets that only its maker is told. */
export const createdRoom = v.object({
  id: v.string(),
  invitations: v.object({ coach: v.string(), participant: v.string(), observer: v.string() }),
  joinCode: v.string(),
  joinCodeExpiresAt: v.string(),
});

/** Who this device is in a room. */
export const membership = v.object({ room: v.string(), participant: v.string(), role });

/** A room as a member sees it. */
export const room = v.object({
  id: v.string(),
  title: v.string(),
  municipality: v.string(),
  role,
  participant: v.string(),
  name: v.string(),
  epoch: v.number(),
  counts: v.object({
    participants: v.number(),
    online: v.number(),
    phases: v.number(),
    touchpoints: v.number(),
    notes: v.number(),
  }),
  round: v.nullable(roundView),
  /** Absent on a server of an earlier version. */
  doorOpen: v.optional(v.boolean(), true),
});

/** The code that people type to join. */
export const joinCode = v.object({ joinCode: v.string(), expiresAt: v.string() });

/** Whether people come in who were not in the room before. */
export const door = v.object({ open: v.boolean() });

const time = v.string();

/** Who came in from one network of late. */
const networkOfPeople = v.object({
  network: v.string(),
  isOwn: v.boolean(),
  wasHere: v.boolean(),
  people: v.number(),
  nameless: v.number(),
  coaches: v.number(),
  names: v.array(v.string()),
  notes: v.number(),
  first: time,
  last: time,
});

/** People who were sent away in one act. */
const sentAway = v.object({
  dismissal: v.string(),
  people: v.number(),
  names: v.array(v.string()),
  isNetwork: v.boolean(),
  at: time,
});

/** Everyone of a room, as its coaches see them. */
export const people = v.object({
  door,
  people: v.number(),
  online: v.number(),
  here: v.array(
    v.object({
      participant: v.string(),
      name: v.string(),
      municipality: v.string(),
      role,
      colour: v.number(),
    }),
  ),
  networks: v.array(networkOfPeople),
  dismissals: v.array(sentAway),
});

/** What became of an order to send people away. */
export const dismissed = v.object({ dismissal: v.nullable(v.string()), people: v.number() });

/** Networks from which codes are guessed, as the server tells coaches. */
export const guesses = v.object({
  networks: v.array(v.object({ tries: v.number(), open: v.boolean() })),
});

/** One's own ballot. */
export const ownResponse = v.object({
  revision: v.number(),
  votes: v.record(v.string(), v.number()),
  done: v.boolean(),
  used: v.number(),
  budget: v.number(),
});

export type RoundView = v.InferOutput<typeof roundView>;
export type Template = v.InferOutput<typeof template>;
export type CreatedRoom = v.InferOutput<typeof createdRoom>;
export type Membership = v.InferOutput<typeof membership>;
export type RoomView = v.InferOutput<typeof room>;
export type JoinCode = v.InferOutput<typeof joinCode>;
export type People = v.InferOutput<typeof people>;
export type PersonHere = People["here"][number];
export type NetworkOfPeople = v.InferOutput<typeof networkOfPeople>;
export type SentAway = v.InferOutput<typeof sentAway>;
export type Dismissed = v.InferOutput<typeof dismissed>;
export type GuessingNetwork = v.InferOutput<typeof guesses>["networks"][number];
export type OwnResponse = v.InferOutput<typeof ownResponse>;
