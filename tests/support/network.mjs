// A network between browsers and the server that treats connections as some workplaces do.

import { createHash } from "node:crypto";
import { createServer, request } from "node:http";
import { connect } from "node:net";

/** What a client must hear to believe in a WebSocket (RFC 6455). */
const ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * What becomes of a WebSocket:
 * - `allowed`: it gets through
 * - `refused`: the upgrade is answered as a proxy without WebSockets does
 * - `ignored`: the upgrade is never answered
 * - `swallowed`: it opens, and nothing ever comes through
 *
 * @typedef {"allowed" | "refused" | "ignored" | "swallowed"} WebSockets
 */

/** A proxy in front of one server, on a loopback port of its own. */
export class Network {
  #server;
  #sockets = new Set();
  /** What stops long-lived connections. */
  #freezes = new Set();

  /** @param {number} port of the server @param {WebSockets} webSockets */
  static async start(port, webSockets) {
    const network = new Network();
    network.port = port;
    network.webSockets = webSockets;
    await network.#listen();
    return network;
  }

  async #listen() {
    this.#server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));
    this.#server.on("upgrade", (incoming, socket, head) => this.#upgrade(incoming, socket, head));
    this.#server.on("connection", (socket) => this.#keep(socket));
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Every open WebSocket and stream goes silent, and none of them closes; new ones work. */
  freeze() {
    for (const freeze of this.#freezes) freeze();
    this.#freezes.clear();
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #keep(socket) {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #pass(incoming, outgoing) {
    const { method, url, headers } = incoming;
    const there = request({ host: "127.0.0.1", port: this.port, method, path: url, headers });
    there.on("response", (response) => {
      outgoing.writeHead(response.statusCode, response.headers);
      response.pipe(outgoing);
      if (response.headers["content-type"] === "text/event-stream") {
        const freeze = () => response.unpipe(outgoing).resume();
        this.#freezes.add(freeze);
        outgoing.on("close", () => this.#freezes.delete(freeze));
      }
    });
    there.on("error", () => (outgoing.headersSent ? outgoing.destroy() : refuse(outgoing)));
    outgoing.on("close", () => there.destroy());
    incoming.pipe(there);
  }

  #upgrade(incoming, socket, head) {
    switch (this.webSockets) {
      case "refused":
        socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return;
      case "ignored":
        return;
      case "swallowed":
        socket.write(welcome(incoming.headers));
        socket.resume();
        return;
      default:
        this.#join(incoming, socket, head);
    }
  }

  #join(incoming, socket, head) {
    const there = connect(this.port, "127.0.0.1");
    this.#keep(there);
    const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
    for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
      lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
    }
    there.write(`${lines.join("\r\n")}\r\n\r\n`);
    there.write(head);
    socket.pipe(there).pipe(socket);
    const freeze = () => {
      socket.unpipe(there).resume();
      there.unpipe(socket).resume();
    };
    this.#freezes.add(freeze);
    socket.on("close", () => {
      this.#freezes.delete(freeze);
      there.destroy();
    });
  }
}

function refuse(outgoing) {
  outgoing.writeHead(502).end();
}

function welcome(headers) {
  const accept = createHash("sha1").update(headers["sec-websocket-key"] + ACCEPT).digest("base64");
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    `Sec-WebSocket-Protocol: ${headers["sec-websocket-protocol"]}`,
    "\r\n",
  ].join("\r\n");
}
