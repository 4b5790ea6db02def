import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openRelay, type RelayTally } from "../packages/runtime/src/host/relay.ts";

/**
 * One release for bench/switch.ts, as a process: an HTTP server on a port of the loopback, behind a relay's unix socket. It answers
 * with its name, echoes WebSockets, tells how many connections are open when it is asked by a message, and ends by SIGTERM.
 */
const [name = "", socketPath = ""] = process.argv.slice(2);

const server = createServer((_, response) => response.end(name));
server.on("upgrade", (request, socket) => {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.on("data", (frame) => socket.write(unmasked(frame)));
  socket.on("end", () => socket.end());
  socket.on("error", () => socket.destroy());
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
// A server that listens on TCP has an address of this kind.
const { port } = server.address() as AddressInfo;
const tally: RelayTally = { open: new Set(), total: 0 };
await openRelay(socketPath, { host: "127.0.0.1", port }, tally);
process.on("message", () => process.send?.({ open: tally.open.size, total: tally.total }));
process.on("SIGTERM", () => process.exit(0));
process.send?.("ready");

/** One short text frame of a client, as a server sends it (RFC 6455, 5.2). */
function unmasked(frame: Buffer): Buffer {
  const length = (frame[1] ?? 0) & 0x7f;
  const mask = frame.subarray(2, 6);
  const text = frame.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x81, length]), text]);
}
