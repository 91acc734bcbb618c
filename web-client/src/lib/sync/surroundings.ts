/** What the provider needs from the browser; tests give their own. */

import { problemIn } from "../http/problem.ts";
import { SUBPROTOCOL } from "../protocol/generated.ts";
import { EventStreamSocket, type EventsLike } from "./eventStreamSocket.ts";
import type { StopReason } from "./reconnect.ts";
import type { Way } from "./ways.ts";

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

/** What became of a plain request, or why none will ever do. */
export type Probe = "reachable" | "unreachable" | StopReason;

export interface Surroundings {
  /** Id of this client's build. */
  build: string;
  /** Opens a socket to a room. */
  openSocket(room: string, way: Way): SocketLike;
  /** Whether the server answers, when a socket could not be opened: a WebSocket itself never says. */
  probe(room: string): Promise<Probe>;
  /** A number in [0, 1). */
  random(): number;
  /** Milliseconds since some moment. */
  now(): number;
  /** Runs something with the next frame, or soon when the page is not shown. */
  nextFrame(run: () => void): void;
}

/** From here on it is a proxy, or a server in trouble, that answers. */
const SERVER_ERROR = 500;
const PROBE_PATIENCE_MS = 5000;
/** As much as a browser sends of a page that is closed. */
const KEPT_ALIVE_BYTES = 60 * 1024;
/** Longer than a room takes a full body, shorter than a person waits. */
const POST_PATIENCE_MS = 15_000;

/** The browser itself. */
export function browser(): Surroundings {
  return {
    build: __BUILD__,
    openSocket: (room, way) => (way === "webSocket" ? webSocket(room) : eventStream(room)),
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

function webSocket(room: string): SocketLike {
  const address = new URL(`/sync/${encodeURIComponent(room)}`, window.location.href);
  address.protocol = address.protocol.replace("http", "ws");
  return new WebSocket(address, SUBPROTOCOL) as SocketLike;
}

function eventStream(room: string): SocketLike {
  const base = `/sync/${encodeURIComponent(room)}`;
  return new EventStreamSocket({
    openEvents: () => new EventSource(`${base}/events`) as EventsLike,
    post: async (connection, number, body) => {
      const answer = await fetch(`${base}/messages`, {
        method: "POST",
        headers: {
          "Content-Type": "application/octet-stream",
          "Hartslag-Connection": connection,
          "Hartslag-Post": String(number),
        },
        body,
        keepalive: body.length < KEPT_ALIVE_BYTES,
        signal: AbortSignal.timeout(POST_PATIENCE_MS),
      });
      return answer.status;
    },
  });
}

async function probe(room: string): Promise<Probe> {
  try {
    const answer = await fetch(`/api/v1/rooms/${encodeURIComponent(room)}`, {
      signal: AbortSignal.timeout(PROBE_PATIENCE_MS),
    });
    const { status } = answer;
    if (status === 403 && (await problemIn(answer)).kind === "sent-away") return "sentAway";
    if (status === 401 || status === 403) return "unauthorised";
    if (status === 404) return "roomGone";
    return status < SERVER_ERROR ? "reachable" : "unreachable";
  } catch {
    return "unreachable";
  }
}
