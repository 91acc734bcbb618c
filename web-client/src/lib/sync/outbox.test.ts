import { expect, test } from "vitest";
import * as Y from "yjs";
import { Outbox } from "./outbox.ts";

test("w6_edits wait until their own message is stored", () => {
  const outbox = new Outbox();
  outbox.add(edit());
  send(outbox);
  outbox.add(edit());
  outbox.add(edit());
  send(outbox);

  outbox.stored(1);

  expect(outbox.unsent).toBe(2);
  outbox.stored(2);
  expect(outbox.unsent).toBe(0);
});

test("edits of one moment go as one message", () => {
  const outbox = new Outbox();
  outbox.add(edit());
  outbox.add(edit());

  expect(send(outbox)).toBeDefined();
  expect(outbox.takeUpdate()).toBeUndefined();
  expect(outbox.lastMessage).toBe(1);
});

test("a lost connection makes unconfirmed edits wait for the next step 2", () => {
  const outbox = new Outbox();
  outbox.add(edit());
  send(outbox);
  outbox.disconnected();

  outbox.stored(1);

  expect(outbox.unsent).toBe(1);
  outbox.numberSent(1);
  outbox.stored(1);
  expect(outbox.unsent).toBe(0);
});

test("w6_what goes in several messages waits until the last of them is stored", () => {
  const outbox = new Outbox();
  outbox.add(edit());
  outbox.numberSent(3);

  outbox.stored(2);

  expect(outbox.unsent).toBe(1);
  outbox.stored(3);
  expect(outbox.unsent).toBe(0);
});

function send(outbox: Outbox): Uint8Array | undefined {
  const update = outbox.takeUpdate();
  outbox.numberSent(1);
  return update;
}

function edit(): Uint8Array {
  const doc = new Y.Doc();
  doc.getMap("notes").set("n", 1);
  return Y.encodeStateAsUpdate(doc);
}
