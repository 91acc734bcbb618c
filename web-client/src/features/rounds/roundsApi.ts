/** What a coach does with the rounds of one room. */

import { closeRound, type NewVote, openVote, revealRound } from "../../lib/http/api.ts";
import type { RoundId } from "../../lib/protocol/generated.ts";

/** A round as a coach asks for it. */
export type NewRound = NewVote;

export interface RoundsApi {
  open(round: NewRound): Promise<unknown>;
  close(round: RoundId): Promise<unknown>;
  reveal(round: RoundId): Promise<unknown>;
}

/** The rounds of a room on the server. */
export function roundsApi(room: string): RoundsApi {
  return {
    open: (round) => openVote(room, round),
    close: (round) => closeRound(room, round),
    reveal: (round) => revealRound(room, round),
  };
}
