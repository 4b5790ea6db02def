import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectHttp2, createSecureServer as createHttp2Server } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createRawServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Authority, createAuthority } from "./authority.ts";
import { dialLoopback, type Harness, startHarness, talk, until } from "./recorder-harness.ts";
import { classify } from "./tunnel.ts";

const run = promisify(execFile);
let authority: Authority;
let stranger: Authority;
let h: Harness;
let folder: string;
let servers: Server[];

beforeEach(async () => {
  authority = await createAuthority({ environment: "env-1" });
  stranger = await createAuthority({ environment: "elsewhere" });
  h = await startHarness({ authority, limits: { sniffMs: 60_000, lingerMs: 5 } });
  folder = await mkdtemp(join(tmpdir(), "dojang-tunnel-"));
  servers = [];
  await writeFile(join(folder, "authority.pem"), authority.certificatePem);
});

afterEach(async () => {
  await h[Symbol.asyncDispose]();
  for (const server of servers) server.close();
  await rm(folder, { recursive: true });
});

const curl = async (...args: string[]) =>
  (await run("curl", ["-sS", "--noproxy", "", "--proxy", h.proxy(1), "--cacert", join(folder, "authority.pem"), ...args])).stdout;

async function serveTls(name: string, issuer: Authority): Promise<void> {
  const leaf = await issuer.leaf(name);
  await listen(
    name,
    createTlsServer({ cert: leaf.chainPem, key: leaf.keyPem }, (request, response) => response.end(`secret ${request.url}`)),
    443,
  );
}

async function listen(name: string, server: Server | ReturnType<typeof createHttp2Server>, port: number): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  servers.push(server as Server);
  h.route(`${name}:${port}`, (server.address() as AddressInfo).port);
}

describe("CONNECT", () => {
  it("to plain HTTP records each request inside, over one connection to the service", async () => {
    const ports = new Set<number | undefined>();
    await h.serve("api", (request, response) => {
      ports.add(request.socket.remotePort);
      response.end(`<${request.url}>`);
    });
    const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: api\r\n${more}\r\n`;
    const inside = get("/a") + get("/b") + get("/c", "Connection: close\r\n");
    const socket = await dialLoopback(h.proxyPort(2));
    socket.write("CONNECT api:80 HTTP/1.1\r\nHost: api:80\r\n\r\n");
    await once(socket, "data");
    socket.write(inside.slice(0, 3));
    socket.write(inside.slice(3));
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text.match(/<\/\w>/g)).toEqual(["</a>", "</b>", "</c>"]);
    expect(ports.size).toBe(1);
    await h.transaction(({ url }) => url === "http://api/c");
    expect(h.facts.transactions.map(({ lane, kind }) => `${lane} ${kind}`)).toEqual(["2 http", "2 http", "2 http"]);
  });

  it("to TLS is opened for a client that trusts the environment, and verified towards the service", async () => {
    await serveTls("shop", authority);
    expect(await curl("https://shop/basket")).toBe("secret /basket");
    expect(await h.transaction(() => true)).toMatchObject({ url: "https://shop/basket", status: 200, kind: "http", lane: 1 });
  });

  it("to a service whose certificate nobody vouches for passes as bytes: the client meets the real certificate", async () => {
    await serveTls("shady", stranger);
    await expect(curl("https://shady/")).rejects.toThrow(/certificate/);
    expect(await curl("-k", "https://shady/x")).toBe("secret /x");
    await until(() => h.facts.transactions.length === 2, "both tunnels");
    for (const transaction of h.facts.transactions) {
      expect(transaction).toMatchObject({ kind: "tunnel", url: "shady:443" });
      expect(transaction.error).toMatch(/not opened: .*(SELF_SIGNED|UNABLE_TO)/);
      expect(transaction.responseBody?.sizeBytes).toBeGreaterThan(0);
    }
  });

  it("is opened there too when certificates are to be accepted", async () => {
    await using lenient = await startHarness({ authority, upstreamTls: { policy: "accept" } });
    await serveTls("shady", stranger);
    lenient.route("shady:443", (servers[0]!.address() as AddressInfo).port);
    const { stdout } = await run("curl", ["-sSk", "--noproxy", "", "--proxy", lenient.proxy(0), "https://shady/x"]);
    expect(stdout).toBe("secret /x");
    expect((await lenient.transaction(() => true)).url).toBe("https://shady/x");
  });

  it("from a client that refuses our certificate fails once and passes as bytes from then on", async () => {
    await serveTls("shop", authority);
    await writeFile(join(folder, "stranger.pem"), stranger.certificatePem);
    const distrusting = () => curl("--cacert", join(folder, "stranger.pem"), "https://shop/");
    await expect(distrusting()).rejects.toThrow(/certificate/);
    expect((await h.transaction(() => true)).error).toMatch(/refused the recorder's certificate/);
    await expect(distrusting()).rejects.toThrow(/certificate/);
    expect((await h.transaction(({ error }) => error?.includes("not opened") === true)).kind).toBe("tunnel");
  });

  it("of a client that speaks only HTTP/2 passes as bytes", async () => {
    const leaf = await authority.leaf("h2");
    const server = createHttp2Server({ cert: leaf.chainPem, key: leaf.keyPem }, (_request, response) => response.end("two"));
    await listen("h2", server, 443);
    const socket = await dialLoopback(h.proxyPort(0));
    socket.write("CONNECT h2:443 HTTP/1.1\r\n\r\n");
    await once(socket, "data");
    const session = connectHttp2("https://h2", {
      createConnection: () => tls.connect({ socket, servername: "h2", ALPNProtocols: ["h2"], ca: authority.certificatePem }),
    });
    const [headers] = await once(session.request({ ":path": "/" }), "response");
    expect(headers[":status"]).toBe(200);
    session.destroy();
    expect((await h.transaction(() => true)).error).toBe("not opened: the client speaks only h2");
  });

  it("to a server that speaks first passes its greeting, and counts both ways", async () => {
    const smtp = createRawServer((socket) => {
      socket.write("220 mail ready\r\n");
      socket.on("data", (data) => socket.end(`250 ${data}`));
    });
    await listen("mail", smtp, 25);
    const socket = await dialLoopback(h.proxyPort(0));
    socket.write("CONNECT mail:25 HTTP/1.1\r\n\r\n");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    await until(() => text.includes("220 mail ready"), "the greeting");
    socket.write("HELO me\r\n");
    await once(socket, "close");
    expect(text).toContain("250 HELO me");
    expect(await h.transaction(() => true)).toMatchObject({
      kind: "tunnel",
      requestBody: { sizeBytes: 9 },
      responseBody: { sizeBytes: 29 },
    });
  });

  it("to a server that hangs up without a word ends for the client too", async () => {
    await listen(
      "rude",
      createRawServer((socket) => socket.end()),
      25,
    );
    await listen(
      "ruder",
      createRawServer((socket) => socket.resetAndDestroy()),
      25,
    );
    for (const name of ["rude", "ruder"]) {
      expect(await talk(h.proxyPort(0), `CONNECT ${name}:25 HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 (200|502) /);
      await h.transaction(({ url }) => url === `${name}:25`);
    }
  });

  it("to nobody is refused with the reason", async () => {
    const text = await talk(h.proxyPort(0), "CONNECT gone:5432 HTTP/1.1\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1\.1 502 .*\r\nX-Dojang-Error: ECONNREFUSED/);
    expect(await h.transaction(() => true)).toMatchObject({ kind: "tunnel", error: "ECONNREFUSED gone:5432" });
    expect(await talk(h.proxyPort(0), "CONNECT nonsense HTTP/1.1\r\n\r\n")).toContain("400");
  });
});

describe("a connection kept in a tunnel", () => {
  it("is closed when the service closes its own, and the body of a POST goes over it too", async () => {
    const ports = new Set<number | undefined>();
    const server = await h.serve("api", (request, response) => {
      ports.add(request.socket.remotePort);
      request.resume().on("end", () => response.end("ok"));
    });
    const socket = await dialLoopback(h.proxyPort(0));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.write("CONNECT api:80 HTTP/1.1\r\n\r\n");
    await until(() => text.includes("200"), "the tunnel");
    socket.write("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
    await until(() => text.endsWith("ok"), "the first answer");
    expect(text).toMatch(/Keep-Alive: timeout=5/i);
    socket.write("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 1\r\n\r\nx");
    await until(() => text.match(/ok/g)?.length === 2, "the second answer");
    expect(ports.size).toBe(1);
    server.closeAllConnections();
    await once(socket, "close");
  });
});

describe("the first bytes inside a tunnel", () => {
  it("are waited for until they are clear, and no longer", () => {
    const speaks = (text: string) => classify(Buffer.from(text, "latin1"))?.speaks;
    expect(["", "G", "GET", "GET ", "\x16", "\x16\x03\x01\x00\xff"].map(speaks)).toEqual(Array(6).fill(undefined));
    expect(["GET / HTTP/1.1", "POST /x", "OPTIONS * ", "get /x"].map(speaks)).toEqual(Array(4).fill("http"));
    expect(["\x00\x00\x00\x08\x04\xd2\x16\x2f", "PRI * HTTP/2.0\r\n", "*1\r\n$4\r\nPING\r\n", "SSH-2.0-x", "\x16\x01"].map(speaks)).toEqual(
      Array(5).fill("other"),
    );
  });
});
