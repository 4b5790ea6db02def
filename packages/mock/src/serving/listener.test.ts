import { X509Certificate } from "node:crypto";
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from "node:http2";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { afterEach, expect, test } from "vitest";
import type { CertificateSource } from "../contract.ts";
import { certificateAuthority, certificateFor, selfSignedCertificate } from "./certificates/issue-certificate.ts";
import type { Exchange, Serve } from "./exchange.ts";
import { type Listener, listenPlain, listenTls, type TlsOptions } from "./listener.ts";
import { rawClient } from "./testing/raw-client.ts";

let listener: Listener | undefined;
let session: ClientHttp2Session | undefined;
afterEach(async () => {
  session?.destroy();
  session = undefined;
  await listener?.close(0);
  listener = undefined;
});

const options = { maxHeaderBytes: 16_384, maxBodyBytes: 1_000, idleTimeoutMs: 30_000, connectionReuse: true, http2: true };

async function start(certificate?: CertificateSource, more: Partial<TlsOptions> = {}): Promise<number> {
  const tls = { certificate, clientAuthorities: undefined, requireClientCertificate: false };
  listener = await listenTls({ port: 0, address: "127.0.0.1" }, { ...options, ...tls, serve: echo, ...more });
  return listener.port ?? 0;
}

async function startPlain(serve: Serve): Promise<number> {
  listener = await listenPlain({ port: 0, address: "127.0.0.1" }, { ...options, serve });
  return listener.port ?? 0;
}

function echo(exchange: Exchange): void {
  if (exchange.target.startsWith("/fault/")) {
    exchange.fail(exchange.target.slice(7) as Parameters<Exchange["fail"]>[0], []);
    return;
  }
  const { method, target, authority, protocol, scheme, rawHeaders } = exchange;
  const body = Buffer.from(JSON.stringify({ method, target, authority, protocol, scheme, rawHeaders, body: exchange.body.toString() }));
  const answerHeaders = ["X-Many: 1", "X-Many: 2", "Transfer-Encoding: chunked", "Connection: close"]
    .map((line) => line.split(": "))
    .map(([name = "", value = ""]) => ({ name, value }));
  void exchange.send({ status: 200, headers: answerHeaders, body, addLength: false });
}

function tlsClient(port: number, more: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ...more }, () => resolve(socket));
    socket.once("error", reject);
  });
}

function endOf(socket: TLSSocket): Promise<{ text: string; end: "FIN" | "RST" }> {
  let text = "";
  return new Promise((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    socket.once("end", () => resolve({ text, end: "FIN" }));
    socket.once("error", () => resolve({ text, end: "RST" }));
  });
}

interface Http2Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

function http2(client: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: Buffer): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const request = client.request(headers, { endStream: body === undefined });
    let status: number | undefined;
    let received: Readonly<Record<string, unknown>> = {};
    let text = "";
    request.setEncoding("utf8");
    request.on("response", (answer) => {
      status = answer[":status"];
      received = { ...answer };
    });
    request.on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () =>
      status === undefined ? reject(new Error("The stream ended without an answer.")) : resolve({ status, headers: received, text }),
    );
    request.on("error", reject);
    request.on("close", () => reject(new Error("The stream was closed without an answer.")));
    if (body !== undefined) request.end(body);
  });
}

test("HTTPS with the server's own certificate speaks HTTP/1.1", async () => {
  const socket = await tlsClient(await start());
  socket.write("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const { text } = await endOf(socket);
  expect(text).toContain('"protocol":"HTTP/1.1","scheme":"https"');
});

test("HTTP/2 is agreed on by ALPN; names are in lower case and connection headers stay away", async () => {
  session = connectHttp2(`https://127.0.0.1:${await start()}`, { rejectUnauthorized: false });
  const answer = await http2(session, { ":path": "/x?y=1", ":method": "POST", "x-a": "1", cookie: "a=b" }, Buffer.from("body"));
  expect(answer.status).toBe(200);
  expect(answer.headers["x-many"]).toBe("1, 2");
  expect(Object.keys(answer.headers)).not.toContain("date");
  expect(Object.keys(answer.headers)).not.toContain("connection");
  expect(JSON.parse(answer.text)).toMatchObject({ method: "POST", target: "/x?y=1", protocol: "HTTP/2.0", scheme: "https", body: "body" });
  expect(JSON.parse(answer.text).rawHeaders).toEqual(["x-a", "1", "cookie", "a=b"]);
});

test("HTTP/2 by prior knowledge works on the plain port", async () => {
  session = connectHttp2(`http://127.0.0.1:${await startPlain(echo)}`);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => http2(session as ClientHttp2Session, { ":path": `/${index}` })),
  );
  expect(answers.map((answer) => JSON.parse(answer.text).target)).toEqual(Array.from({ length: 50 }, (_, index) => `/${index}`));
});

test("a body that is too large gets 413 over HTTP/2, and the session goes on", async () => {
  session = connectHttp2(`http://127.0.0.1:${await startPlain(echo)}`);
  expect((await http2(session, { ":path": "/", ":method": "POST" }, Buffer.alloc(2_000))).status).toBe(413);
  expect((await http2(session, { ":path": "/" })).status).toBe(200);
});

test("what the handler throws is a 500 over HTTP/2", async () => {
  const port = await startPlain(() => {
    throw new Error("broken on purpose");
  });
  session = connectHttp2(`http://127.0.0.1:${port}`);
  expect(await http2(session, { ":path": "/" })).toMatchObject({ status: 500, text: expect.stringContaining("broken on purpose") });
});

test("a client that leaves a stream aborts its exchange", async () => {
  let served = false;
  let aborted = false;
  const port = await startPlain(async (exchange) => {
    served = true;
    await new Promise<void>((resolve) => exchange.signal.addEventListener("abort", () => resolve()));
    aborted = true;
    void exchange.send({ status: 200, headers: [], body: Buffer.alloc(0), addLength: false });
  });
  session = connectHttp2(`http://127.0.0.1:${port}`);
  const request = session.request({ ":path": "/" });
  request.on("error", () => {});
  await expect.poll(() => served).toBe(true);
  request.close(8);
  await expect.poll(() => aborted).toBe(true);
});

test.each(["EMPTY_RESPONSE", "CONNECTION_RESET_BY_PEER", "RANDOM_DATA_THEN_CLOSE", "MALFORMED_RESPONSE_CHUNK"])(
  "%s breaks an HTTP/2 stream",
  async (fault) => {
    session = connectHttp2(`https://127.0.0.1:${await start()}`, { rejectUnauthorized: false });
    session.on("error", () => {});
    await expect(http2(session, { ":path": `/fault/${fault}` })).rejects.toThrow();
  },
);

test("a reset is a reset over TLS too, and garbage is encrypted garbage", async () => {
  const port = await start();
  const reset = await tlsClient(port);
  reset.write("GET /fault/CONNECTION_RESET_BY_PEER HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await endOf(reset)).toEqual({ text: "", end: "RST" });
  const garbage = await tlsClient(port);
  garbage.write("GET /fault/RANDOM_DATA_THEN_CLOSE HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await endOf(garbage)).toEqual({ text: "lskdu018973t09sylgasjkfg1][]'./.sdlv", end: "FIN" });
});

test("a certificate is chosen by the name the client asks for, and asked for once", async () => {
  const authority = certificateAuthority("Test Authority");
  const asked: string[] = [];
  const port = await start(async (name) => {
    asked.push(name);
    return certificateFor(name, authority);
  });
  for (const servername of ["one.example", "two.example", "one.example"]) {
    const socket = await tlsClient(port, { servername, ca: authority.certificate, rejectUnauthorized: true });
    expect(socket.getPeerCertificate().subject.CN).toBe(servername);
    socket.destroy();
  }
  expect(asked).toEqual(["one.example", "two.example"]);
});

test("a client without the required certificate is turned away, one with it is let in", async () => {
  const authority = certificateAuthority("Clients");
  const client = certificateFor("client", authority);
  const port = await start(undefined, { clientAuthorities: authority.certificate, requireClientCertificate: true });
  const refused = await tlsClient(port, { maxVersion: "TLSv1.2" }).then(
    () => "let in",
    () => "refused",
  );
  expect(refused).toBe("refused");
  const socket = await tlsClient(port, { key: client.key, cert: client.certificate });
  socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect((await endOf(socket)).text).toContain("200 OK");
});

test("plain HTTP on the TLS port ends that connection alone", async () => {
  const port = await start();
  const plain = await rawClient(port);
  plain.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await plain.ended();
  (await tlsClient(port)).destroy();
});

test("certificates are valid for the names they were made for", () => {
  const own = new X509Certificate(selfSignedCertificate(["localhost", "127.0.0.1", "::1", "2001:db8::1:2"]).certificate);
  expect(own.checkHost("localhost")).toBe("localhost");
  expect(own.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(own.checkIP("::1")).toBe("::1");
  expect(own.checkIP("2001:db8::1:2")).toBe("2001:db8::1:2");
  expect(own.checkHost("other.example")).toBeUndefined();
  expect(own.verify(own.publicKey)).toBe(true);
  const authority = certificateAuthority("Authority");
  const issuer = new X509Certificate(authority.certificate);
  const issued = new X509Certificate(certificateFor("a.example", authority).certificate);
  expect(issuer.ca).toBe(true);
  expect(issued.checkIssued(issuer)).toBe(true);
  expect(issued.verify(issuer.publicKey)).toBe(true);
  expect(new Date(issued.validTo).getTime()).toBeGreaterThan(Date.now() + 300 * 86_400_000);
});
