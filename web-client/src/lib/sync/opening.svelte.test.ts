import { flushSync } from "svelte";
import { beforeEach, expect, test } from "vitest";
import { FakeRoom, note } from "./fakeRoom.ts";
import { RoomConnection } from "./roomConnection.svelte.ts";

beforeEach(() => localStorage.clear());

test("an effect opens a connection once, also where there is a copy from before", async () => {
  localStorage.setItem("hartslag.epoch.r", "1");
  const room = new FakeRoom();
  const connection = new RoomConnection("r", room);
  let times = 0;

  const end = $effect.root(() => {
    $effect(() => {
      times++;
      connection.open();
      return () => connection.close();
    });
  });
  flushSync();
  room.socket.welcome();
  connection.edit(() => connection.doc.getMap("notes").set("n", note("idee")));
  flushSync();

  expect([times, connection.unsent]).toEqual([1, 1]);
  end();
});
