import { expect, test } from "vitest";
import { type Answer, type Ballot, Saver, type StoredBallot } from "./saver.ts";

const NONE: StoredBallot = { revision: 0, votes: {}, done: false };

test("r3 a change is sent whole with the next revision", async () => {
  const server = new FakeServer();
  const saver = server.open();

  saver.change(ballot({ a: 1 }));
  await server.settled();
  saver.change(ballot({ a: 1, b: 1 }));
  await server.settled();

  expect(server.stored).toEqual({ revision: 2, ...ballot({ a: 1, b: 1 }) });
  expect(saver.state).toBe("saved");
  expect(server.storage.size).toBe(0);
});

test("changes made while one is under way are sent after it, as one", async () => {
  const server = new FakeServer();
  const saver = server.open();

  for (const votes of [1, 2, 3]) saver.change(ballot({ a: votes }));
  await server.settled();

  expect(server.puts.map((put) => put.votes)).toEqual([{ a: 1 }, { a: 3 }]);
  expect(server.stored.revision).toBe(2);
});

test("r2 an answer that was lost does not count twice, also when the votes changed since", async () => {
  const server = new FakeServer();
  const saver = server.open();
  server.loseAnswers = 1;

  saver.change(ballot({ a: 1 }));
  await server.settled();
  expect(saver.state).toBe("here");
  saver.change(ballot({ b: 2 }));
  server.elapse();
  await server.settled();

  expect(server.stored).toEqual({ revision: 2, ...ballot({ b: 2 }) });
  expect(saver.state).toBe("saved");
});

test("what was not sent survives a reload and is sent then", async () => {
  const server = new FakeServer();
  server.offline = true;
  const before = server.open();
  before.change(ballot({ a: 2 }));
  await server.settled();
  before.stop();

  server.offline = false;
  const after = server.open();
  expect(after.ballot).toEqual(ballot({ a: 2 }));
  after.retry();
  await server.settled();

  expect(server.stored).toEqual({ revision: 1, ...ballot({ a: 2 }) });
});

test("what another screen saved in the meantime stands, and the person is told", async () => {
  const server = new FakeServer();
  const saver = server.open();
  server.stored = { revision: 1, ...ballot({ b: 1 }) };

  saver.change(ballot({ a: 1 }));
  await server.settled();

  expect(server.overtaken).toEqual([{ revision: 1, ...ballot({ b: 1 }) }]);
  expect(saver.ballot).toEqual(ballot({ b: 1 }));
  saver.change(ballot({ b: 1, c: 1 }));
  await server.settled();
  expect(server.stored.revision).toBe(2);
});

test("an old queue gives way to a newer ballot of the same person", async () => {
  const server = new FakeServer();
  server.offline = true;
  const before = server.open();
  before.change(ballot({ a: 2 }));
  await server.settled();
  before.stop();

  server.stored = { revision: 3, ...ballot({ c: 1 }) };
  const after = server.open();

  expect(after.ballot).toEqual(ballot({ c: 1 }));
  expect(after.state).toBe("saved");
});

test("a closed round ends the tries and tells whether votes came too late", async () => {
  const server = new FakeServer();
  const saver = server.open();
  server.closed = true;

  saver.change(ballot({ a: 1 }));
  await server.settled();

  expect(server.outdated).toEqual([true]);
  expect(server.storage.size).toBe(0);
});

test("h14_the ballot of who is sent away waits, and is sent when they are let back in", async () => {
  const server = new FakeServer();
  const saver = server.open();
  server.away = true;

  saver.change(ballot({ a: 1 }));
  await server.settled();
  expect([server.sentAway, saver.state, server.outdated]).toEqual([1, "here", []]);
  server.away = false;
  server.elapse();
  await server.settled();

  expect(server.stored).toEqual({ revision: 1, ...ballot({ a: 1 }) });
  expect(saver.state).toBe("saved");
});

test("a damaged queue is dropped", () => {
  for (const kept of [
    "{",
    "[]",
    '{"base":"x"}',
    '{"base":0,"sent":null,"votes":{"a":-1},"done":false}',
  ]) {
    const server = new FakeServer();
    server.storage.set("key", kept);

    expect(server.open().ballot).toEqual(ballot({}));
  }
});

function ballot(votes: Record<string, number>): Ballot {
  return { votes, done: false };
}

/** Keeps R3, loses answers on request, and has a clock that a test moves. */
class FakeServer {
  stored: StoredBallot = NONE;
  readonly puts: StoredBallot[] = [];
  readonly storage = new Map<string, string>();
  readonly overtaken: StoredBallot[] = [];
  readonly outdated: boolean[] = [];
  offline = false;
  closed = false;
  away = false;
  /** How often the person was told so. */
  sentAway = 0;
  loseAnswers = 0;
  #waiting: (() => void)[] = [];

  open(): Saver {
    return new Saver("key", this.stored, {
      put: async (put) => this.#put(put),
      storage: {
        getItem: (key) => this.storage.get(key) ?? null,
        setItem: (key, value) => this.storage.set(key, value),
        removeItem: (key) => this.storage.delete(key),
      },
      after: (_delay, then) => {
        this.#waiting.push(then);
        return () => {
          this.#waiting = this.#waiting.filter((other) => other !== then);
        };
      },
      random: () => 0.5,
      changed: () => {},
      overtaken: (stored) => this.overtaken.push(stored),
      sentAway: () => {
        this.sentAway++;
      },
      outdated: (hadUnsent) => this.outdated.push(hadUnsent),
    });
  }

  elapse(): void {
    for (const then of this.#waiting.splice(0)) then();
  }

  /** Every answer of this server is there within a few turns of the event loop. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }

  #put(put: StoredBallot): Answer {
    if (this.offline) return { kind: "unreachable" };
    if (this.away) return { kind: "sentAway" };
    if (this.closed) return { kind: "outdated" };
    this.puts.push(put);
    const { revision, ...content } = put;
    const again = JSON.stringify(put) === JSON.stringify(this.stored);
    if (revision <= this.stored.revision && !again) {
      return { kind: "conflict", stored: this.stored };
    }
    this.stored = { revision, ...content };
    if (this.loseAnswers-- > 0) return { kind: "unreachable" };
    return { kind: "stored" };
  }
}
