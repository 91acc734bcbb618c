/** Reads the text frames of `hartslag.v1`. */

import * as v from "valibot";
import type { ServerMessage } from "../protocol/generated.ts";

const role = v.picklist(["observer", "voter", "participant", "coach"]);
const boardMode = v.picklist(["open", "notes", "locked"]);

const participant = v.object({
  id: v.string(),
  name: v.string(),
  municipality: v.string(),
  role,
  colour: v.number(),
});

const result = v.object({
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
});

const round = v.object({
  id: v.string(),
  title: v.string(),
  options: v.array(v.object({ note: v.string(), text: v.string(), place: v.string() })),
  budget: v.number(),
  cap: v.number(),
  onlyPresent: v.boolean(),
  status: v.picklist(["open", "closed", "revealed"]),
  result: v.exactOptional(result),
});

const remainingMs = v.nullable(v.number());

const serverMessage = v.variant("type", [
  v.object({
    type: v.literal("welcome"),
    room: v.string(),
    epoch: v.number(),
    build: v.string(),
    participant: v.string(),
    role,
    participants: v.array(participant),
    rounds: v.array(round),
    timer: v.object({ remainingMs }),
    boardMode,
  }),
  v.object({ type: v.literal("stored"), upTo: v.number() }),
  v.object({
    type: v.literal("refused"),
    message: v.exactOptional(v.number()),
    reason: v.picklist([
      "unknownMessage",
      "notAllowed",
      "boardLocked",
      "notesOnly",
      "notYours",
      "coachOnly",
      "malformed",
      "tooLarge",
    ]),
    place: v.exactOptional(v.object({ root: v.string(), id: v.exactOptional(v.string()) })),
  }),
  v.object({ type: v.literal("participantArrived"), participant }),
  v.object({ type: v.literal("participantLeft"), participant: v.string() }),
  v.object({ type: v.literal("roundChanged"), round }),
  v.object({ type: v.literal("roundProgress"), round: v.string(), answered: v.number() }),
  v.object({ type: v.literal("timer"), remainingMs }),
  v.object({ type: v.literal("boardMode"), mode: boardMode }),
  v.object({ type: v.literal("saving"), available: v.boolean() }),
  v.object({ type: v.literal("barrierReached"), id: v.number() }),
]);

/** The message in a text frame, or nothing when this client does not know it. */
export function readServerMessage(text: string): ServerMessage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = v.safeParse(serverMessage, json);
  return read.success ? read.output : undefined;
}
