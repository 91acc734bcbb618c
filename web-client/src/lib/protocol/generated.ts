// Written by a test of hartslag-protocol; do not edit.

export type RoomId = string;

export type ParticipantId = string;

export type ConnectionId = string;

export type RoundId = string;

export type Role = "observer" | "voter" | "participant" | "coach";

export type Participant = { 
/**
 * The identifier, which notes carry as their author.
 */
id: ParticipantId, 
/**
 * The name they gave; may be empty.
 */
name: string, 
/**
 * Where they are from; may be empty.
 */
municipality: string, 
/**
 * What they may do.
 */
role: Role, 
/**
 * Which of the palette's colours is theirs, from 0.
 */
colour: number, };

export type RoundStatus = "open" | "closed" | "revealed";

export type RoundOption = { 
/**
 * Id of the note.
 */
note: string, 
/**
 * Its text.
 */
text: string, 
/**
 * Where it hangs, in words: phase, and the touchpoint if any.
 */
place: string, };

export type RankedOption = { 
/**
 * Id of the note.
 */
note: string, 
/**
 * Votes for it.
 */
votes: number, 
/**
 * People who voted for it: five votes of one person are not five people.
 */
voters: number, 
/**
 * Place in the ranking, from 1; equal votes share a place (R7).
 */
rank: number, 
/**
 * Whether another option has as many votes.
 */
tied: boolean, };

export type RoundResult = { 
/**
 * People who gave at least one vote.
 */
voters: number, 
/**
 * All votes.
 */
votes: number, 
/**
 * Every option, most votes first.
 */
ranking: Array<RankedOption>, };

export type Round = { 
/**
 * Its identifier.
 */
id: RoundId, 
/**
 * The question.
 */
title: string, 
/**
 * What can be voted for.
 */
options: Array<RoundOption>, 
/**
 * Votes per person.
 */
budget: number, 
/**
 * Votes per person on one note.
 */
cap: number, 
/**
 * Whether only those answer who were in the room before it began (R13).
 */
onlyPresent: boolean, 
/**
 * How far it has come.
 */
status: RoundStatus, 
/**
 * What came out; only once revealed.
 */
result?: RoundResult, };

export type Ballot = { 
/**
 * Votes by note id; a note that is absent has none.
 */
votes: { [key in string]: number }, 
/**
 * The person says to be done. Votes can still change until the round closes.
 */
done: boolean, };

export type Timer = { 
/**
 * Milliseconds until the time is over, 0 when it is; null when no timer is set (T2).
 */
remainingMs: number | null, };

export type BoardMode = "locked" | "notes" | "open";

export type RefusalReason = "unknownMessage" | "notAllowed" | "boardLocked" | "notesOnly" | "notYours" | "coachOnly" | "malformed" | "tooLarge";

export type RefusedPlace = { 
/**
 * The name of its root.
 */
root: string, 
/**
 * Its id, or the key of a flat root.
 */
id?: string, };

export type ClientMessage = { "type": "barrier", 
/**
 * Comes back in the answer.
 */
id: number, };

export type ServerMessage = { "type": "welcome", 
/**
 * The room.
 */
room: RoomId, 
/**
 * The generation of the room; a local copy of another one must be dropped.
 */
epoch: number, 
/**
 * Build of the server; a client of another build stops editing and reloads.
 */
build: string, 
/**
 * Who the receiver is.
 */
participant: ParticipantId, 
/**
 * What the receiver may do.
 */
role: Role, 
/**
 * Everyone who is connected.
 */
participants: Array<Participant>, 
/**
 * Every round, oldest first; results only of revealed ones.
 */
rounds: Array<Round>, 
/**
 * How long the group has.
 */
timer: Timer, 
/**
 * How much of the board is open to participants.
 */
boardMode: BoardMode, } | { "type": "stored", 
/**
 * Count of the receiver's messages that carried an update.
 */
upTo: number, } | { "type": "refused", 
/**
 * Which of the receiver's messages that carried an update; absent for a text message.
 */
message?: number, 
/**
 * Why.
 */
reason: RefusalReason, 
/**
 * What on the board it would have changed, when it was refused for that.
 */
place?: RefusedPlace, } | { "type": "participantArrived", 
/**
 * Who.
 */
participant: Participant, } | { "type": "participantLeft", 
/**
 * Who.
 */
participant: ParticipantId, } | { "type": "roundChanged", 
/**
 * The round.
 */
round: Round, } | { "type": "roundProgress", 
/**
 * Which round.
 */
round: RoundId, 
/**
 * People with a response.
 */
answered: number, } | { "type": "timer" } & Timer | { "type": "boardMode", 
/**
 * How much.
 */
mode: BoardMode, } | { "type": "saving", 
/**
 * Whether edits are being kept.
 */
available: boolean, } | { "type": "barrierReached", 
/**
 * The id of the order.
 */
id: number, };

export type Fault = { 
/**
 * JSON pointer (RFC 6901) to the place of the fault.
 */
pointer: string, 
/**
 * What is wrong there, and what would be right.
 */
detail: string, };

export type Problem = { 
/**
 * What kind of problem, as an address: `/problems/{kind}`.
 */
type: string, 
/**
 * The kind in words; the same for every problem of the kind.
 */
title: string, 
/**
 * The HTTP status.
 */
status: number, 
/**
 * What happened here, and what to do.
 */
detail: string, 
/**
 * Every fault in the input, each with its place.
 */
errors?: Array<Fault>, };

export const SUBPROTOCOL = "hartslag.v1";

export const PARTICIPANT_COLOURS = 8;

export const CloseCode = {
  restart: 1012,
  malformed: 4400,
  unauthorised: 4401,
  forbidden: 4403,
  roomGone: 4404,
  epoch: 4409,
  tooLarge: 4413,
  tooMany: 4429,
  unavailable: 4503,
  behind: 4508,
} as const;
