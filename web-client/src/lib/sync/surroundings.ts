/** What the provider needs from the browser; tests give their own. */

import { SUBPROTOCOL } from "../protocol/generated.ts";
import type { StopReason } from "./reconnect.ts";

/** The part of a WebSocket that the provider uses. */
export interface SocketLike {
  readonly readyState: number;
  binaryType: BinaryType;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: (() => void) | null;
  send(data: Uint8Array<ArrayBuffer> | string): void;
  close(code?: number): void;
}

export interface Surroundings {
  /** Id of this client's build. */
  build: string;
  /** Opens a socket to a room. */
  openSocket(room: string): SocketLike;
  /** Why a socket could not be opened, when that is for good: a WebSocket itself never says. */
  probe(room: string): Promise<StopReason | undefined>;
  /** A number in [0, 1). */
  random(): number;
  /** Milliseconds since some moment. */
  now(): number;
  /** Runs something with the next frame, or soon when the page is not shown. */
  nextFrame(run: () => void): void;
}

const PROBE_PATIENCE_MS = 5000;

/** The browser itself. */
export function browser(): Surroundings {
  return {
    build: __BUILD__,
    openSocket: (room) => {
      const address = new URL(`/sync/${encodeURIComponent(room)}`, window.location.href);
      address.protocol = address.protocol.replace("http", "ws");
      return new WebSocket(address, SUBPROTOCOL) as SocketLike;
    },
    probe,
    random: Math.random,
    now: Date.now,
    nextFrame: (run) => {
      // A hidden page gets no frames, and must send all the same.
      if (document.hidden) setTimeout(run, 0);
      else requestAnimationFrame(run);
    },
  };
}

async function probe(room: string): Promise<StopReason | undefined> {
  try {
    const { status } = await fetch(`/api/v1/rooms/${encodeURIComponent(room)}`, {
      signal: AbortSignal.timeout(PROBE_PATIENCE_MS),
    });
    if (status === 401 || status === 403) return "unauthorised";
    return status === 404 ? "roomGone" : undefined;
  } catch {
    return undefined;
  }
}
