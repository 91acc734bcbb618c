import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CloseCode } from "../protocol/generated.ts";
import { FakeRoom } from "./fakeRoom.ts";
import { SILENCE_LIMIT_MS, Transport } from "./transport.ts";

let room: FakeRoom;
let transport: Transport;
const listener = { text: vi.fn(), binary: vi.fn(), closed: vi.fn(), check: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetAllMocks();
  room = new FakeRoom();
  transport = new Transport("r", room, listener);
  transport.start();
});

afterEach(() => {
  transport.stop();
  vi.useRealTimers();
});

test("w9_a line on which nothing is heard is given up", async () => {
  room.socket.openSilently();

  await vi.advanceTimersByTimeAsync(SILENCE_LIMIT_MS + 6000);

  expect(listener.closed).toHaveBeenCalledWith({ next: "reconnect" });
  expect(room.sockets.length).toBeGreaterThan(1);
});

test("w9_a sign of life now and then is enough", async () => {
  room.socket.openSilently();

  for (let seconds = 0; seconds < 120; seconds += 15) {
    await vi.advanceTimersByTimeAsync(15_000);
    room.socket.deliver(new Uint8Array([1, 1, 0]));
  }

  expect([room.sockets.length, listener.closed.mock.calls.length]).toEqual([1, 0]);
});

test("a socket that does not open is not waited for", async () => {
  await vi.advanceTimersByTimeAsync(10_500);

  expect(room.sockets).toHaveLength(2);
});

test("who comes online while it waits is back within a second", async () => {
  room.random = () => 0.999;
  for (let failures = 0; failures < 6; failures++) {
    room.socket.openSilently();
    room.socket.end(CloseCode.unavailable);
    await vi.advanceTimersByTimeAsync(15_000);
  }
  room.socket.openSilently();
  room.socket.end(CloseCode.unavailable);
  const before = room.sockets.length;

  transport.wake();
  await vi.advanceTimersByTimeAsync(1000);

  expect(room.sockets).toHaveLength(before + 1);
});

test("a device that slept checks the line as soon as it wakes", async () => {
  room.socket.openSilently();
  await vi.advanceTimersByTimeAsync(5000);

  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(5000);

  expect(listener.check).toHaveBeenCalledOnce();
});

test("after stop nothing comes back", async () => {
  room.socket.openSilently();
  transport.stop();

  transport.wake();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(room.sockets).toHaveLength(1);
});
