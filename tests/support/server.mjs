// The real binary, started as an operator starts it; for tests in Node and in the browser.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;
const PATIENCE_MS = 60_000;

function binary() {
  if (process.env.HARTSLAG_BINARY) return process.env.HARTSLAG_BINARY;
  return join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug", "hartslag");
}

/**
 * A loopback port that nobody listens on, from those that Linux gives to nobody who does not ask
 * for them: it stays free while its server is killed and started again.
 */
async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 2000);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Asks again and again until the answer is there; fails after the patience of a test. */
export async function eventually(what, ask) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what}`);
}

/** Ends a process as a power cut would, and waits until it has ended. */
async function end(process) {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = new Promise((resolve) => process.once("exit", resolve));
  process.kill("SIGKILL");
  await ended;
}

/** A Redis of its own, with the promise that the product asks for. */
async function startRedis(directory) {
  const port = await freePort();
  const process = spawn(
    "redis-server",
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory,
      "--appendonly", "yes", "--appendfsync", "always"],
    { stdio: "ignore" },
  );
  await eventually("redis-server to answer", () => answersPing(port));
  return { process, url: `redis://127.0.0.1:${port}` };
}

function answersPing(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("data", (answer) => {
      socket.destroy();
      resolve(answer.toString().startsWith("+PONG"));
    });
    socket.once("error", () => resolve(false));
  });
}

/**
 * A running server on a data directory of its own, or on a Redis of its own where
 * `HARTSLAG_TEST_STORE` is `redis`: the suites run once on each.
 */
export class TestServer {
  #process;
  #redis;

  constructor(port, directory) {
    this.port = port;
    this.directory = directory;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start() {
    const directory = mkdtempSync(join(tmpdir(), "hartslag-"));
    const server = new TestServer(await freePort(), directory);
    if (process.env.HARTSLAG_TEST_STORE === "redis") server.#redis = await startRedis(directory);
    await server.launch();
    return server;
  }

  /** Starts the binary and waits until it takes work. */
  async launch() {
    const env = { ...process.env, HARTSLAG_LOG: "warn" };
    if (this.#redis) env.HARTSLAG_REDIS_URL = this.#redis.url;
    this.#process = spawn(
      binary(),
      ["serve", "--listen", `127.0.0.1:${this.port}`, "--data", join(this.directory, "data")],
      { stdio: ["ignore", "ignore", "inherit"], env },
    );
    await eventually("the server to be ready", async () => {
      if (this.#process.exitCode !== null) throw new Error("the server ended at once");
      return fetch(`${this.url}/readyz`).then((response) => response.ok, () => false);
    });
  }

  /** Ends the server as a power cut would. */
  async kill() {
    await end(this.#process);
  }

  async stop() {
    await this.kill();
    if (this.#redis) await end(this.#redis.process);
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #post(path, body, cookie) {
    const headers = { "content-type": "application/json", origin: this.url };
    if (cookie) headers.cookie = cookie;
    const options = { method: "POST", headers, body: body && JSON.stringify(body) };
    const response = await fetch(`${this.url}${path}`, options);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** Makes a room: blank, or from a sample's slug. */
  async createRoom(template, title = "Wij willen trouwen") {
    const body = { title, municipality: "Duinrade", template };
    return (await this.#post("/api/v1/rooms", body)).json();
  }

  /** Lets a person in; returns who they are, with the cookie of their device. */
  async join(invitation, name = "") {
    const response = await this.#post("/api/v1/join", { invitation, name });
    const cookie = response.headers.get("set-cookie").split(";")[0];
    return { ...(await response.json()), cookie };
  }

  /** A ticket for clients without cookies. */
  async ticket(person) {
    const response = await this.#post(`/api/v1/rooms/${person.room}/tickets`, undefined, person.cookie);
    return (await response.json()).ticket;
  }
}
