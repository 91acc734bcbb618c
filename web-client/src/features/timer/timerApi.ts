/** What a coach does with the timer of one room. */

import { setTimer, stopTimer } from "../../lib/http/api.ts";

export interface TimerApi {
  start(minutes: number): Promise<unknown>;
  stop(): Promise<unknown>;
}

/** The timer of a room on the server. */
export function timerApi(room: string): TimerApi {
  return {
    start: (minutes) => setTimer(room, minutes * 60),
    stop: () => stopTimer(room),
  };
}
