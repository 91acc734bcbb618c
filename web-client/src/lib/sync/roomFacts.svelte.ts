/** What the room tells of its people and rounds, apart from its document. */

import type {
  BoardMode,
  Participant,
  ParticipantId,
  Role,
  Round,
  RoundId,
  ServerMessage,
  Timer,
} from "../protocol/generated.ts";

/** Who the person at this device is in the room. */
export interface Me {
  participant: ParticipantId;
  role: Role;
}

export class RoomFacts {
  #me = $state.raw<Me>();
  #participants = $state.raw<readonly Participant[]>([]);
  #rounds = $state.raw<readonly Round[]>([]);
  #answered = $state.raw<Readonly<Record<RoundId, number>>>({});
  #boardMode = $state<BoardMode>("open");
  #savingAvailable = $state(true);
  #timeUpAt = $state<number>();

  /** Who the person at this device is; unknown until the first welcome. */
  get me(): Me | undefined {
    return this.#me;
  }

  /** Everyone who is connected. */
  get participants(): readonly Participant[] {
    return this.#participants;
  }

  /** Every round, oldest first. */
  get rounds(): readonly Round[] {
    return this.#rounds;
  }

  /** People who answered, by round, as far as the room told. */
  get answered(): Readonly<Record<RoundId, number>> {
    return this.#answered;
  }

  /** When the timer's time is over, as `performance.now()` tells it; nothing without a timer. */
  get timeUpAt(): number | undefined {
    return this.#timeUpAt;
  }

  /** How much of the board is open to participants. */
  get boardMode(): BoardMode {
    return this.#boardMode;
  }

  /** Whether the server can keep edits. */
  get savingAvailable(): boolean {
    return this.#savingAvailable;
  }

  /** Takes in what the room said. */
  follow(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#me = { participant: message.participant, role: message.role };
        this.#participants = message.participants;
        this.#rounds = message.rounds;
        this.#boardMode = message.boardMode;
        this.#savingAvailable = true;
        this.#count(message.timer);
        break;
      case "participantArrived":
        this.#arrived(message.participant);
        break;
      case "participantLeft":
        this.#participants = this.#participants.filter(({ id }) => id !== message.participant);
        break;
      case "roundChanged":
        this.#rounds = withRound(this.#rounds, message.round);
        break;
      case "roundProgress":
        this.#answered = { ...this.#answered, [message.round]: message.answered };
        break;
      case "timer":
        this.#count(message);
        break;
      case "boardMode":
        this.#boardMode = message.mode;
        break;
      case "saving":
        this.#savingAvailable = message.available;
        break;
    }
  }

  /** Counts down from this moment: clocks of devices differ, and may be set meanwhile (T2). */
  #count({ remainingMs }: Timer): void {
    this.#timeUpAt = remainingMs === null ? undefined : performance.now() + remainingMs;
  }

  /** Someone came, or comes back under a better invitation (H1). */
  #arrived(participant: Participant): void {
    const others = this.#participants.filter(({ id }) => id !== participant.id);
    this.#participants = [...others, participant];
    if (participant.id === this.#me?.participant) {
      this.#me = { participant: participant.id, role: participant.role };
    }
  }
}

function withRound(rounds: readonly Round[], changed: Round): readonly Round[] {
  return rounds.some(({ id }) => id === changed.id)
    ? rounds.map((round) => (round.id === changed.id ? changed : round))
    : [...rounds, changed];
}
