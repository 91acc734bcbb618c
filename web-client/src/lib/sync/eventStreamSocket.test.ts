import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CloseCode } from "../protocol/generated.ts";
import { writeBundle } from "./bundle.ts";
import { EventStreamSocket, type EventsLike } from "./eventStreamSocket.ts";

class FakeEvents implements EventsLike {
  closed = false;
  readonly #listeners = new Map<string, (event: { data?: unknown }) => void>();

  addEventListener(type: string, listen: (event: { data?: unknown }) => void): void {
    this.#listeners.set(type, listen);
  }

  close(): void {
    this.closed = true;
  }

  tell(type: string, data?: string): void {
    this.#listeners.get(type)?.({ data });
  }
}

let events: FakeEvents;
let socket: EventStreamSocket;
const post = vi.fn<(connection: string, number: number, body: Uint8Array) => Promise<number>>();
const heard: unknown[] = [];
const closed = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetAllMocks();
  heard.length = 0;
  post.mockResolvedValue(204);
  events = new FakeEvents();
  socket = new EventStreamSocket({ openEvents: () => events, post });
  socket.onmessage = ({ data }) => heard.push(data);
  socket.onclose = closed;
  events.tell("opened", '{"connection":"secret"}');
});

afterEach(() => {
  vi.useRealTimers();
});

test("w21_events are frames", () => {
  events.tell("message", '{"type":"stored","upTo":1}');
  events.tell("frame", "AQEA");

  const [text, binary] = heard;
  expect(text).toBe('{"type":"stored","upTo":1}');
  expect(new Uint8Array(binary as ArrayBuffer)).toEqual(new Uint8Array([1, 1, 0]));
});

test("w22_the bytes are those that the server reads", () => {
  const body = writeBundle(["hé", new Uint8Array([1, 1, 0])]);

  expect([...body]).toEqual([0, 3, 0x68, 0xc3, 0xa9, 1, 3, 1, 1, 0]);
});

test("w22_frames of one moment go together, those of later in order after the answer", async () => {
  const answers: ((status: number) => void)[] = [];
  post.mockImplementation(() => new Promise((resolve) => answers.push(resolve)));

  socket.send("a");
  socket.send("b");
  await vi.advanceTimersByTimeAsync(0);
  socket.send("c");
  socket.send("d");
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent()).toEqual([[1, "ab"]]);
  answers[0]?.(204);
  await vi.advanceTimersByTimeAsync(0);

  expect(sent()).toEqual([
    [1, "ab"],
    [2, "cd"],
  ]);
});

test("w23_a body whose answer is lost goes again under its number", async () => {
  post.mockRejectedValueOnce(new TypeError("network")).mockResolvedValueOnce(503);

  socket.send("a");
  await vi.advanceTimersByTimeAsync(1000);
  socket.send("b");
  await vi.advanceTimersByTimeAsync(0);

  expect(sent()).toEqual([
    [1, "a"],
    [1, "a"],
    [1, "a"],
    [2, "b"],
  ]);
  expect(closed).not.toHaveBeenCalled();
});

test("a line that takes nothing for long is dead", async () => {
  post.mockRejectedValue(new TypeError("network"));

  socket.send("a");
  await vi.advanceTimersByTimeAsync(20_000);

  expect(closed).toHaveBeenCalledExactlyOnceWith({ code: 1006 });
  expect(events.closed).toBe(true);
});

test.each([
  [410, 1006],
  [404, 1006],
  [413, CloseCode.tooLarge],
])("w25_after %i the connection has ended with %i", async (status, code) => {
  post.mockResolvedValue(status);

  socket.send("a");
  await vi.advanceTimersByTimeAsync(0);

  expect(closed).toHaveBeenCalledExactlyOnceWith({ code });
  expect(post).toHaveBeenCalledOnce();
});

test("w24_the server's word at the end is a close code", () => {
  events.tell("closed", '{"code":4429,"reason":"too-many"}');
  events.tell("error");

  expect(closed).toHaveBeenCalledExactlyOnceWith({ code: CloseCode.tooMany });
});

test("a stream that breaks is not opened by the browser behind our back", () => {
  events.tell("error");

  expect(closed).toHaveBeenCalledExactlyOnceWith({ code: 1006 });
  expect(events.closed).toBe(true);
});

test("who leaves sends what waits, and then goes", async () => {
  let answer: (status: number) => void = () => {};
  post.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
  socket.send("last");

  socket.close();
  await vi.advanceTimersByTimeAsync(100);
  expect([sent(), events.closed]).toEqual([[[1, "last"]], false]);
  answer(204);
  await vi.advanceTimersByTimeAsync(0);

  expect(events.closed).toBe(true);
});

test("who leaves does not wait for a server that is away", async () => {
  post.mockRejectedValue(new TypeError("network"));
  socket.send("last");

  socket.close();
  await vi.advanceTimersByTimeAsync(2000);

  expect(events.closed).toBe(true);
});

test("the most that the server takes at once is known here too", () => {
  const limits = readFileSync("../protocol/src/limits.rs", "utf8");

  expect(limits).toContain("FRAMES_PER_POST: usize = 64;");
});

test("many frames go in several bodies", async () => {
  for (let frame = 0; frame < 130; frame++) socket.send("x");
  await vi.advanceTimersByTimeAsync(0);

  expect(sent().map(([, texts]) => texts.length)).toEqual([64, 64, 2]);
});

/** Numbers and texts of the bodies that went out. */
function sent(): [number, string][] {
  return post.mock.calls.map(([, number, body]) => [number, textsIn(body)]);
}

function textsIn(body: Uint8Array): string {
  let texts = "";
  for (let at = 0; at < body.length; at += 2 + (body[at + 1] ?? 0)) {
    texts += new TextDecoder().decode(body.slice(at + 2, at + 2 + (body[at + 1] ?? 0)));
  }
  return texts;
}
