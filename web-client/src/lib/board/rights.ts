/** What a role may do on the board. The server decides; this keeps the client from offering more. */

import type { Role } from "../protocol/generated.ts";
import type { Note } from "./schema.ts";

/** What the person at this client may do. */
export interface Rights {
  /** Change phases, touchpoints and personas. */
  readonly structure: boolean;
  /** Write: scores, quotes, pain points, new notes. */
  readonly write: boolean;
  /** Edit, move and delete this note. */
  ownsNote(note: Note): boolean;
}

/** The rights of a role, for the participant with this id. */
export function rightsOf(role: Role, participant: string | null): Rights {
  const coach = role === "coach";
  const write = role === "participant" || coach;
  return {
    structure: coach,
    write,
    ownsNote: (note) => coach || (write && note.author !== null && note.author === participant),
  };
}
