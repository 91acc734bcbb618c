/**
 * Which texts there are, for the compiler alone: nothing here reaches the browser.
 *
 * A new area of the interface adds its two files here. Dutch is the source:
 * a key that English lacks fails to compile.
 */

import type enBoard from "../../../messages/en/board.json";
import type enCommon from "../../../messages/en/common.json";
import type enHeartbeat from "../../../messages/en/heartbeat.json";
import type enHome from "../../../messages/en/home.json";
import type enInvite from "../../../messages/en/invite.json";
import type enJoin from "../../../messages/en/join.json";
import type enNotes from "../../../messages/en/notes.json";
import type enPeople from "../../../messages/en/people.json";
import type enPhone from "../../../messages/en/phone.json";
import type enPresence from "../../../messages/en/presence.json";
import type enRounds from "../../../messages/en/rounds.json";
import type enSync from "../../../messages/en/sync.json";
import type enTimer from "../../../messages/en/timer.json";
import type nlBoard from "../../../messages/nl/board.json";
import type nlCommon from "../../../messages/nl/common.json";
import type nlHeartbeat from "../../../messages/nl/heartbeat.json";
import type nlHome from "../../../messages/nl/home.json";
import type nlInvite from "../../../messages/nl/invite.json";
import type nlJoin from "../../../messages/nl/join.json";
import type nlNotes from "../../../messages/nl/notes.json";
import type nlPeople from "../../../messages/nl/people.json";
import type nlPhone from "../../../messages/nl/phone.json";
import type nlPresence from "../../../messages/nl/presence.json";
import type nlRounds from "../../../messages/nl/rounds.json";
import type nlSync from "../../../messages/nl/sync.json";
import type nlTimer from "../../../messages/nl/timer.json";

type Dutch = typeof nlCommon &
  typeof nlHome &
  typeof nlJoin &
  typeof nlSync &
  typeof nlPeople &
  typeof nlPhone &
  typeof nlInvite &
  typeof nlRounds &
  typeof nlTimer &
  typeof nlBoard &
  typeof nlHeartbeat &
  typeof nlNotes &
  typeof nlPresence;
type English = typeof enCommon &
  typeof enHome &
  typeof enJoin &
  typeof enSync &
  typeof enPeople &
  typeof enPhone &
  typeof enInvite &
  typeof enRounds &
  typeof enTimer &
  typeof enBoard &
  typeof enHeartbeat &
  typeof enNotes &
  typeof enPresence;

/** A text, or one per plural category that the language has, chosen by `count`. */
export type Message = string | { one: string; other: string };

type Complete<Source, Target extends Record<keyof Source, Message>> = keyof Source & keyof Target;

/** The name of a text. */
export type MessageKey = Complete<Dutch, English>;
