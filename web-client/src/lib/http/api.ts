/** The HTTP API, one function a call. */

import * as v from "valibot";
import type { BoardMode, Role } from "../protocol/generated.ts";
import { ProblemError, problemIn } from "./problem.ts";
import {
  boardMode,
  type CreatedRoom,
  createdRoom,
  type Dismissed,
  dismissed,
  door,
  type GuessingNetwork,
  guesses,
  type JoinCode,
  joinCode,
  type Membership,
  membership,
  type OwnResponse,
  ownResponse,
  type People,
  people,
  type RoomView,
  type RoundView,
  room,
  roundView,
  type Template,
  template,
} from "./shapes.ts";

const BASE = "/api/v1";

/** What a new room begins with; without a template it is blank, with five phases. */
export interface NewRoom {
  title: string;
  municipality?: string;
  template?: string;
  language?: string;
}

/** Who joins, and by what. */
export type Joining = ({ code: string } | { invitation: string }) & {
  name?: string;
  municipality?: string;
};

/** A question for a vote. */
export interface NewVote {
  title?: string;
  notes: readonly string[];
  budget: number;
  cap: number;
  /** Only who is in the room already answers. */
  onlyPresent?: boolean;
}

/** The sample journeys. */
export function templates(): Promise<Template[]> {
  return ask("GET", "/templates", v.array(template));
}

/** Makes a room. */
export function createRoom(asked: NewRoom): Promise<CreatedRoom> {
  return ask("POST", "/rooms", createdRoom, asked);
}

/** Joins a room; the device then has its cookie. */
export function join(asked: Joining): Promise<Membership> {
  return ask("POST", "/join", membership, asked);
}

/** A room that this device is a member of. */
export function readRoom(id: string): Promise<RoomView> {
  return ask("GET", roomPath(id), room);
}

/** The join code of the moment (coach). */
export function readJoinCode(id: string): Promise<JoinCode> {
  return ask("GET", `${roomPath(id)}/join-code`, joinCode);
}

/** A new join code; the old one ends (coach). */
export function renewJoinCode(id: string): Promise<JoinCode> {
  return ask("POST", `${roomPath(id)}/join-code`, joinCode);
}

/** Where codes are guessed (coach). */
export async function readGuesses(id: string): Promise<readonly GuessingNetwork[]> {
  const told = await ask("GET", `${roomPath(id)}/guesses`, guesses);
  return told.networks;
}

/** Lets who types the room's code come in at once wherever codes are guessed (coach). */
export async function passGuesses(id: string): Promise<readonly GuessingNetwork[]> {
  const told = await ask("POST", `${roomPath(id)}/guesses/pass`, guesses);
  return told.networks;
}

/** A new invitation for a role (coach). */
export async function invite(id: string, role: Role): Promise<string> {
  const shape = v.object({ invitation: v.string() });
  const { invitation } = await ask("POST", `${roomPath(id)}/invitations`, shape, { role });
  return invitation;
}

/** Every round of a room, oldest first. */
export function readRounds(id: string): Promise<RoundView[]> {
  return ask("GET", `${roomPath(id)}/rounds`, v.array(roundView));
}

/** Opens a vote (coach), and gives its id. */
export async function openVote(id: string, asked: NewVote): Promise<string> {
  const body = { kind: "vote", ...asked };
  const opened = await ask("POST", `${roomPath(id)}/rounds`, v.object({ id: v.string() }), body);
  return opened.id;
}

/** Closes a round (coach): no more responses. */
export function closeRound(id: string, round: string): Promise<RoundView> {
  return ask("POST", `${roundPath(id, round)}/close`, roundView);
}

/** Reveals a round's result to everyone (coach). */
export function revealRound(id: string, round: string): Promise<RoundView> {
  return ask("POST", `${roundPath(id, round)}/reveal`, roundView);
}

/** Sets the timer to this many seconds from now (coach). */
export async function setTimer(id: string, seconds: number): Promise<void> {
  const shape = v.object({ remainingMs: v.nullable(v.number()) });
  await ask("PUT", `${roomPath(id)}/timer`, shape, { seconds });
}

/** Stops the timer (coach). */
export function stopTimer(id: string): Promise<undefined> {
  return ask("DELETE", `${roomPath(id)}/timer`, v.undefined());
}

/** Sets how much of the board is open to participants (coach). */
export async function setBoardMode(id: string, mode: BoardMode): Promise<void> {
  await ask("PUT", `${roomPath(id)}/board-mode`, v.object({ mode: boardMode }), { mode });
}

/** Who is in a room, who came in of late, and who was sent away (coach). */
export function readPeople(id: string): Promise<People> {
  return ask("GET", `${roomPath(id)}/participants`, people);
}

/** Opens the door of a room or closes it (coach). */
export async function setDoor(id: string, open: boolean): Promise<void> {
  await ask("PUT", `${roomPath(id)}/door`, door, { open });
}

/** Sends one person away (coach). */
export function sendAway(id: string, participant: string): Promise<Dismissed> {
  const person = encodeURIComponent(participant);
  return ask("POST", `${roomPath(id)}/participants/${person}/away`, dismissed);
}

/** Sends away who came in from a network in the last minutes (coach). */
export function sendNewcomersAway(
  id: string,
  network: string,
  minutes: number,
): Promise<Dismissed> {
  const path = `${roomPath(id)}/networks/${encodeURIComponent(network)}/away`;
  return ask("POST", path, dismissed, { minutes });
}

/** Lets people back in whom one act sent away (coach). */
export function undoDismissal(id: string, dismissal: string): Promise<undefined> {
  const path = `${roomPath(id)}/dismissals/${encodeURIComponent(dismissal)}`;
  return ask("DELETE", path, v.undefined());
}

/** One's own ballot; revision 0 when there is none. */
export function readOwnResponse(id: string, round: string): Promise<OwnResponse> {
  return ask("GET", `${roundPath(id, round)}/response`, ownResponse);
}

/** Where a download of a room is found. */
export function exportAddress(id: string, format: "json" | "csv" | "svg"): string {
  return `${BASE}${roomPath(id)}/exports/${format}`;
}

/** Where the picture of the QR code is found (coach). */
export function invitationPictureAddress(id: string): string {
  return `${BASE}${roomPath(id)}/invitation.svg`;
}

/** Where a phone listens to be woken. */
export function eventsAddress(id: string): string {
  return `${BASE}${roomPath(id)}/events`;
}

function roomPath(id: string): string {
  return `/rooms/${encodeURIComponent(id)}`;
}

function roundPath(id: string, round: string): string {
  return `${roomPath(id)}/rounds/${encodeURIComponent(round)}`;
}

async function ask<T>(
  method: string,
  path: string,
  shape: v.GenericSchema<unknown, T>,
  body?: unknown,
): Promise<T> {
  const response = await send(method, path, body);
  if (!response.ok) throw await problemIn(response);
  const answer: unknown = await response.json().catch(() => undefined);
  const read = v.safeParse(shape, answer);
  if (!read.success) throw new ProblemError("internal");
  return read.output;
}

async function send(method: string, path: string, body: unknown): Promise<Response> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(BASE + path, { method, headers, ...json });
  } catch {
    throw new ProblemError("network");
  }
}
