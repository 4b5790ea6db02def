import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { selfSignedCertificate } from "./certificates/issue-certificate.ts";
import type { Serve } from "./exchange.ts";
import { type Listener, listenEither } from "./listener.ts";

let listener: Listener | undefined;
afterEach(async () => {
  await listener?.close(0);
  listener = undefined;
});

const serve: Serve = (exchange) => {
  if (exchange.target === "/reset") return void exchange.fail("CONNECTION_RESET_BY_PEER", []);
  return exchange.send({ status: 200, headers: [], body: Buffer.from(`${exchange.scheme} ${exchange.body}`), addLength: true });
};

async function start(idleTimeoutMs = 30_000): Promise<number> {
  listener = await listenEither(
    { port: 0, address: "127.0.0.1" },
    {
      serve,
      maxHeaderBytes: 16_384,
      maxBodyBytes: 1_000_000,
      idleTimeoutMs,
      connectionReuse: true,
      http2: true,
      certificate: selfSignedCertificate(["localhost"]),
      clientAuthorities: undefined,
      requireClientCertificate: false,
    },
  );
  return listener.port ?? 0;
}

async function ask(scheme: "http" | "https", port: number, body = ""): Promise<string> {
  const about = { port, host: "127.0.0.1", path: "/", method: "POST" };
  const asked = scheme === "http" ? httpRequest(about) : httpsRequest({ ...about, rejectUnauthorized: false });
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return text(response);
}

test("HTTP and HTTPS are answered on one port, with bodies of any size", async () => {
  const port = await start();
  const body = "x".repeat(300_000);

  expect(await ask("http", port, body)).toBe(`http ${body}`);
  expect(await ask("https", port, body)).toBe(`https ${body}`);
});

test("HTTP/2 is spoken on both", async () => {
  const port = await start();
  for (const url of [`http://127.0.0.1:${port}`, `https://127.0.0.1:${port}`]) {
    const session = connectHttp2(url, { rejectUnauthorized: false });
    const stream = session.request({ ":path": "/" });
    expect(await text(stream.end())).toBe(`${url.split(":")[0]} `);
    session.close();
  }
});

test("a reset reaches the client as one, through TLS too", async () => {
  const port = await start();
  const plain = connect(port, "127.0.0.1");
  plain.write("GET /reset HTTP/1.1\r\nHost: a\r\n\r\n");
  const secure = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  secure.write("GET /reset HTTP/1.1\r\nHost: a\r\n\r\n");

  for (const socket of [plain, secure]) {
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
  }
});

test("a client that says nothing, half a handshake, or goes at once harms nobody, and closing ends them all", async () => {
  const port = await start(200);
  const silent = connect(port, "127.0.0.1");
  const half = connect(port, "127.0.0.1");
  half.on("error", () => {});
  half.write(Buffer.from([22, 3, 1]));
  connect(port, "127.0.0.1").end();

  await once(silent.resume(), "close");
  expect(await ask("http", port)).toBe("http ");
  await listener?.close(0);
  await once(half.resume(), "close");
});
