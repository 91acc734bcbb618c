import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CloseCode } from "../protocol/generated.ts";
import { FakeRoom } from "./fakeRoom.ts";
import { ASIDE_AFTER_MS, ATTEMPT_PATIENCE_MS, SILENCE_LIMIT_MS, Transport } from "./transport.ts";

const MINUTE = 60_000;
/** What is promised, and how much of it the room itself may take: not derived from the code. */
const FALLBACK_WITHIN_MS = 5000;
const SLOW_ANSWER_MS = 2000;
const IN_STEP_WITHIN_MS = 2000;
const USUAL_ANSWER_MS = 500;

let room: FakeRoom;
let transport: Transport;
const listener = {
  opened: vi.fn(),
  text: vi.fn(),
  binary: vi.fn(),
  closed: vi.fn(),
  check: vi.fn(),
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetAllMocks();
  sessionStorage.clear();
  room = new FakeRoom();
  start();
});

afterEach(() => {
  transport.stop();
  vi.useRealTimers();
});

test("w9_a line on which nothing is heard any more is given up", async () => {
  room.socket.welcome();

  await vi.advanceTimersByTimeAsync(SILENCE_LIMIT_MS + 2000);

  expect(listener.closed).toHaveBeenCalledWith({ next: "reconnect" });
  expect(room.sockets.length).toBeGreaterThan(1);
});

test("w9_a sign of life now and then is enough", async () => {
  room.socket.welcome();

  for (let seconds = 0; seconds < 120; seconds += 15) {
    await vi.advanceTimersByTimeAsync(15_000);
    room.socket.deliver(new Uint8Array([1, 1, 0]));
  }

  expect([room.sockets.length, listener.closed.mock.calls.length]).toEqual([1, 0]);
});

test("a WebSocket that is answered in time is all there is", async () => {
  await vi.advanceTimersByTimeAsync(ASIDE_AFTER_MS - 1);
  room.socket.welcome();
  await vi.advanceTimersByTimeAsync(ATTEMPT_PATIENCE_MS);

  expect(ways()).toEqual(["webSocket"]);
  expect(listener.opened).toHaveBeenCalledExactlyOnceWith("webSocket", false);
});

test("a refused WebSocket gives way to events as soon as the server is known to be there", async () => {
  room.probed = "reachable";

  room.socket.end(1006);
  await vi.advanceTimersByTimeAsync(0);
  room.socket.welcome();

  expect(ways()).toEqual(["webSocket", "eventStream"]);
  expect(listener.opened).toHaveBeenCalledExactlyOnceWith("eventStream", false);
});

test.each([
  ["that does not open", () => undefined],
  ["that opens and swallows everything", () => room.socket.openSilently()],
])("events take the place of a WebSocket %s within five seconds", async (_case, swallow) => {
  swallow();

  await vi.advanceTimersByTimeAsync(FALLBACK_WITHIN_MS - SLOW_ANSWER_MS);
  room.socketOf("eventStream").welcome();

  expect(listener.opened).toHaveBeenCalledExactlyOnceWith("eventStream", false);
  expect(room.socketOf("webSocket").readyState).toBe(WebSocket.CLOSED);
});

test("of two lines the first on which something is heard is the one", async () => {
  await vi.advanceTimersByTimeAsync(ASIDE_AFTER_MS);

  room.socketOf("webSocket").welcome();

  expect(room.socketOf("eventStream").readyState).toBe(WebSocket.CLOSED);
  expect(listener.opened).toHaveBeenCalledExactlyOnceWith("webSocket", false);
});

test("an outage pushes nobody to events", async () => {
  room.socket.welcome();
  room.socket.end(1006);
  for (let failure = 0; failure < 5; failure++) {
    await vi.advanceTimersByTimeAsync(500);
    room.socket.end(1006);
    await vi.advanceTimersByTimeAsync(0);
  }

  await vi.advanceTimersByTimeAsync(500);
  room.socket.welcome();

  expect(new Set(ways())).toEqual(new Set(["webSocket"]));
});

test("where a WebSocket worked, one that fails as the server comes back is tried again", async () => {
  room.socket.welcome();
  room.socket.end(CloseCode.restart);
  room.probed = "reachable";
  await vi.advanceTimersByTimeAsync(500);
  room.socket.end(1006);
  await vi.advanceTimersByTimeAsync(500);
  expect(ways()).toEqual(["webSocket", "webSocket", "webSocket"]);

  room.socket.end(1006);
  await vi.advanceTimersByTimeAsync(0);

  expect(room.socket.way).toBe("eventStream");
});

test("what worked is tried first for the rest of the visit", async () => {
  await onEvents();
  transport.stop();

  start();

  expect(room.socket.way).toBe("eventStream");
});

test("events that do not work any more give way to a WebSocket", async () => {
  await onEvents();
  room.probed = "reachable";
  room.socket.end(1006);
  await vi.advanceTimersByTimeAsync(500);
  expect(room.socket.way).toBe("eventStream");

  room.socket.end(1006);
  await vi.advanceTimersByTimeAsync(0);

  expect(room.socket.way).toBe("webSocket");
});

test("a stream that a proxy cuts every half minute comes back as a stream", async () => {
  await onEvents();

  for (let cut = 0; cut < 10; cut++) {
    await vi.advanceTimersByTimeAsync(30_000);
    room.socket.end(1006);
    await vi.advanceTimersByTimeAsync(500);
    room.socket.welcome();
  }

  expect(ways().slice(2)).toEqual(Array.from({ length: 10 }, () => "eventStream"));
});

test("now and then a WebSocket is tried beside the events, and takes over when it works", async () => {
  await onEvents();
  await pass(11 * MINUTE);
  expect(ways().at(-1)).toBe("webSocket");
  expect(listener.opened).toHaveBeenCalledTimes(1);

  room.socketOf("webSocket").welcome();

  expect(listener.opened).toHaveBeenLastCalledWith("webSocket", true);
  expect(room.socketOf("eventStream").readyState).toBe(WebSocket.CLOSED);
  expect(listener.closed).not.toHaveBeenCalled();
});

test("a WebSocket that still does not work disturbs nothing, and is tried ever more seldom", async () => {
  await onEvents();
  const before = ways().length;

  await pass(150 * MINUTE);

  const tried = ways().slice(before);
  expect(new Set(tried)).toEqual(new Set(["webSocket"]));
  expect(tried).toHaveLength(4);
  expect(listener.closed).not.toHaveBeenCalled();
});

test("on another network a WebSocket is tried at once, but not at every flicker", async () => {
  await onEvents();
  const before = ways().length;

  for (let flicker = 0; flicker < 20; flicker++) {
    transport.wake(true);
    room.socketOf("eventStream").deliver(new Uint8Array([1, 1, 0]));
    await vi.advanceTimersByTimeAsync(1000);
  }

  expect(ways().slice(before)).toEqual(["webSocket"]);
});

test("w24_a server that says no is not asked the other way", async () => {
  room.probed = "reachable";

  room.socket.end(CloseCode.unavailable);
  await vi.advanceTimersByTimeAsync(499);

  expect(ways()).toEqual(["webSocket"]);
});

test("lines on which nothing is ever heard are given up, and tried anew", async () => {
  await vi.advanceTimersByTimeAsync(ATTEMPT_PATIENCE_MS + 500);

  expect(ways()).toEqual(["webSocket", "eventStream", "webSocket"]);
});

test("after a restart each comes back at a moment of its own, within a second", async () => {
  room.random = () => 0.5;
  room.socket.welcome();

  room.socket.end(CloseCode.restart);
  await vi.advanceTimersByTimeAsync(700);

  expect(listener.closed).toHaveBeenCalledExactlyOnceWith({ next: "reconnect" });
  expect(room.sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(room.sockets).toHaveLength(2);
});

test("who comes online while it waits is back at once", async () => {
  room.random = () => 0.999;
  room.socket.welcome();
  for (let failures = 0; failures < 6; failures++) {
    room.socket.end(CloseCode.unavailable);
    await vi.advanceTimersByTimeAsync(15_000);
  }
  room.socket.end(CloseCode.unavailable);
  const before = room.sockets.length;

  transport.wake();
  await vi.advanceTimersByTimeAsync(300);

  expect(room.sockets).toHaveLength(before + 1);
});

test("an attempt from before the device slept is not waited for", async () => {
  vi.setSystemTime(Date.now() + 3_600_000);

  transport.wake();
  await vi.advanceTimersByTimeAsync(300);

  expect(ways()).toEqual(["webSocket", "webSocket"]);
  expect(room.sockets[0]?.readyState).toBe(WebSocket.CLOSED);
});

test("a line that is dead on waking is replaced within two seconds, however often it failed", async () => {
  room.random = () => 0.999;
  room.socket.welcome();

  transport.wake();
  transport.wake();
  await vi.advanceTimersByTimeAsync(IN_STEP_WITHIN_MS - USUAL_ANSWER_MS);

  expect(listener.check).toHaveBeenCalledOnce();
  expect(ways()).toEqual(["webSocket", "webSocket"]);
  expect(listener.closed).toHaveBeenCalledExactlyOnceWith({ next: "reconnect" });
});

test("a device that slept checks the line within a second of waking", async () => {
  room.socket.welcome();
  await vi.advanceTimersByTimeAsync(5000);

  vi.setSystemTime(Date.now() + 30_000);
  await vi.advanceTimersByTimeAsync(1000);

  expect(listener.check).toHaveBeenCalledOnce();
});

test("after stop nothing comes back", async () => {
  room.socket.openSilently();
  transport.stop();

  transport.wake();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(room.sockets).toHaveLength(1);
});

function start(): void {
  transport = new Transport("r", room, listener);
  transport.start();
}

/** The ways of all sockets, oldest first. */
function ways(): string[] {
  return room.sockets.map(({ way }) => way);
}

/** A connection over events, as WebSockets are refused. */
async function onEvents(): Promise<void> {
  room.probed = "reachable";
  room.socket.end(1006);
  await vi.advanceTimersByTimeAsync(0);
  room.socket.welcome();
  expect(room.socket.way).toBe("eventStream");
}

/** Time in which the stream is alive. */
async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 15_000) {
    await vi.advanceTimersByTimeAsync(15_000);
    room.socketOf("eventStream").deliver(new Uint8Array([1, 1, 0]));
  }
}
