/** What a person may do on the board. The server decides; this keeps the client from offering more. */

import type { BoardMode, Role } from "../protocol/generated.ts";
import type { Action } from "./history.ts";
import type { Note } from "./schema.ts";

/** What the person at this client may do now: it follows the board mode. */
export interface Rights {
  /** Change phases, touchpoints and personas. */
  readonly structure: boolean;
  /** Write scores, quotes and pain points. */
  readonly content: boolean;
  /** Write notes. */
  readonly notes: boolean;
  /** Edit, move and delete this note. */
  ownsNote(note: Note): boolean;
  /** Do this, or take it back. */
  may(action: Action): boolean;
}

const ON_CONTENT: ReadonlySet<Action> = new Set([
  "setScore",
  "addQuote",
  "editQuote",
  "deleteQuote",
  "addPainPoint",
  "editPainPoint",
  "deletePainPoint",
]);
const ON_NOTES: ReadonlySet<Action> = new Set(["addNote", "editNote", "moveNote", "deleteNote"]);

/** The rights of a role (section P of the protocol), for the participant with this id. */
export function rightsOf(
  role: Role,
  participant: string | null,
  mode: () => BoardMode = () => "open",
): Rights {
  const coach = role === "coach";
  const participates = role === "participant";
  return {
    structure: coach,
    get content() {
      return coach || (participates && mode() === "open");
    },
    get notes() {
      return coach || (participates && mode() !== "locked");
    },
    ownsNote(note) {
      return coach || (this.notes && note.author !== null && note.author === participant);
    },
    may(action) {
      if (ON_NOTES.has(action)) return this.notes;
      return ON_CONTENT.has(action) ? this.content : coach;
    },
  };
}
