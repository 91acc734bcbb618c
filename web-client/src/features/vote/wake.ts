/** Listens for what wakes a phone: a round that opens, closes or is revealed. */

import { backoff } from "./backoff.ts";

/** A round, as far as it tells whether the page is old. */
export interface Sign {
  readonly id: string;
  readonly status: string;
}

/** What is heard. */
export interface Listener {
  heard(sign: Sign): void;
  opened(): void;
  /** The server gave no stream. */
  refused(): void;
}

/**
 * Calls back with each sign. The server gives one at every connection, so that none is missed
 * for good.
 *
 * Browsers reconnect a stream that broke off, but give up on an answer that is no stream, such as
 * that of a server that is restarting.
 */
export function listen(room: string, listener: Listener): void {
  let attempt = 0;

  function open(): void {
    const source = new EventSource(`/api/v1/rooms/${room}/events`);
    source.onopen = () => {
      attempt = 0;
      listener.opened();
    };
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      listener.refused();
      setTimeout(open, backoff(attempt++, Math.random()));
    };
    for (const type of ["round", "revealed"]) {
      source.addEventListener(type, (event) => {
        const sign = signIn(event.data);
        if (sign) listener.heard(sign);
      });
    }
  }

  open();
}

function signIn(data: unknown): Sign | null {
  try {
    const { id, status } = JSON.parse(String(data)) as Partial<Sign>;
    return typeof id === "string" && typeof status === "string" ? { id, status } : null;
  } catch {
    return null;
  }
}
