import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer as createRawServer } from "node:net";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dialLoopback, type Harness, startHarness, talk, until } from "./recorder-harness.ts";

const run = promisify(execFile);
let h: Harness;
beforeEach(async () => {
  h = await startHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

/** curl with exactly this proxy, whatever the machine's own variables say. */
const curl = async (...args: string[]) => {
  const { stdout } = await run("curl", ["-sS", "--noproxy", "", "--proxy", h.proxy(0), ...args], {
    encoding: "latin1",
    maxBuffer: 1 << 26,
  });
  return stdout;
};

describe("a request through the recorder", () => {
  it("reaches the service as it was sent, with a fresh trace, and is recorded with both bodies", async () => {
    const seen: string[][] = [];
    await h.serve("api", (request, response) => {
      seen.push(request.rawHeaders);
      request
        .resume()
        .on("end", () => response.writeHead(201, { "X-Mixed-CASE": "1", "Content-Type": "application/json" }).end('{"id":7}'));
    });
    const output = await curl("-i", "http://api/todos?x=1", "-H", "X-Dup: a", "-H", "X-Dup: b", "--json", '{"title":"milk"}');
    expect(output).toContain("201 Created");
    expect(output).toContain("X-Mixed-CASE: 1");
    const headers = seen[0] ?? [];
    expect(headers.filter((name) => name === "X-Dup")).toHaveLength(2);
    expect(headers.map((name) => name.toLowerCase())).not.toContain("proxy-connection");
    const transaction = await h.transaction(() => true);
    expect(headers[headers.indexOf("traceparent") + 1]).toContain(transaction.requestId);
    expect(headers[headers.indexOf("X-Request-Id") + 1]).toBe(transaction.requestId);
    expect(transaction).toMatchObject({ method: "POST", url: "http://api/todos?x=1", status: 201, kind: "http", lane: 0 });
    expect(h.bodyText(transaction.requestBody?.hash)).toBe('{"title":"milk"}');
    expect(h.bodyText(transaction.responseBody?.hash)).toBe('{"id":7}');
    expect(transaction.testAttempt).toBeUndefined();
  });

  it("keeps a trace and a request id that the client chose", async () => {
    const traceparent = `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01`;
    const seen: (string | string[] | undefined)[] = [];
    await h.serve("api", (request, response) => {
      seen.push(request.headers.traceparent, request.headers["x-request-id"]);
      response.end();
    });
    await curl("http://api/", "-H", `traceparent: ${traceparent}`, "-H", "X-Request-Id: mine");
    expect(seen).toEqual([traceparent, "mine"]);
    expect((await h.transaction(() => true)).requestId).toBe("ab".repeat(16));
  });

  it("streams a large body both ways without holding it, and keeps only its first bytes", async () => {
    const size = 24 * 1024 * 1024;
    const body = randomBytes(size);
    await h.serve("api", (request, response) => void request.pipe(response));
    const response = await new Promise<string>((resolve, reject) => {
      const child = execFile(
        "curl",
        ["-sS", "--noproxy", "", "--proxy", h.proxy(0), "-T", "-", "http://api/big"],
        { encoding: "buffer", maxBuffer: size * 2 },
        (error, stdout) => (error ? reject(error) : resolve(createHash("sha256").update(stdout).digest("hex"))),
      );
      child.stdin?.end(body);
    });
    expect(response).toBe(createHash("sha256").update(body).digest("hex"));
    const transaction = await h.transaction(() => true);
    expect(transaction.requestBody).toMatchObject({ sizeBytes: size, truncated: true });
    expect(h.facts.bodies.get(transaction.responseBody?.hash ?? "")?.byteLength).toBe(256 * 1024);
  });

  it("passes HEAD, 204, 304, an empty POST and HTTP/1.0 with their own framing", async () => {
    const framing: Record<string, string | undefined> = {};
    await h.serve("api", (request, response) => {
      framing[request.method ?? ""] = request.headers["transfer-encoding"] ?? request.headers["content-length"];
      if (request.url === "/204") response.writeHead(204).end();
      else if (request.url === "/304") response.writeHead(304, { ETag: '"x"' }).end();
      else response.writeHead(200, { "Content-Length": "5" }).end(request.method === "HEAD" ? undefined : "hello");
    });
    expect(await curl("-I", "http://api/")).toContain("Content-Length: 5");
    expect(await curl("-i", "http://api/204")).toContain("204 No Content");
    expect(await curl("-i", "http://api/304")).toMatch(/304 Not Modified[\s\S]*ETag: "x"/);
    expect(await curl("-X", "POST", "http://api/")).toBe("hello");
    expect(framing.POST).toBeUndefined();
    expect(await curl("-0", "http://api/")).toBe("hello");
  });

  it("answers pipelined requests in order", async () => {
    await h.serve("api", (request, response) => {
      setTimeout(() => response.end(`[${request.url}]`), request.url === "/slow" ? 30 : 0);
    });
    const request = (path: string, end = "") => `GET http://api${path} HTTP/1.1\r\nHost: api\r\n${end}\r\n`;
    const text = await talk(h.proxyPort(0), request("/slow") + request("/b") + request("/c", "Connection: close\r\n"));
    expect(text.match(/\[\/\w+\]/g)).toEqual(["[/slow]", "[/b]", "[/c]"]);
  });

  it("passes trailers both ways", async () => {
    let got: NodeJS.Dict<string> = {};
    await h.serve("api", (request, response) => {
      request.resume().on("end", () => {
        got = request.trailers;
        response.writeHead(200, { Trailer: "X-Sum", "Transfer-Encoding": "chunked" });
        response.write("data");
        response.addTrailers({ "X-Sum": "42" });
        response.end();
      });
    });
    const text = await talk(
      h.proxyPort(0),
      "POST http://api/ HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\nTrailer: X-In\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\nX-In: 1\r\n\r\n",
    );
    expect(text).toContain("X-Sum: 42");
    expect(got).toEqual({ "x-in": "1" });
  });

  it("lets the service decide about Expect: 100-continue", async () => {
    const server = await h.serve("api", (request, response) => {
      request.resume().on("end", () => response.end("took it"));
    });
    server.on("checkContinue", (request, response) => {
      if (request.url === "/no") response.writeHead(413, { Connection: "close" }).end("too large");
      else {
        response.writeContinue();
        request.resume().on("end", () => response.end("took it"));
      }
    });
    const body = "x".repeat(3000);
    expect(await curl("http://api/yes", "-H", "Expect: 100-continue", "-d", body)).toBe("took it");
    expect(await curl("http://api/no", "-H", "Expect: 100-continue", "-d", body)).toBe("too large");
    expect((await h.transaction(({ url }) => url.endsWith("/no"))).requestBody).toBeUndefined();
  });

  it("passes an early answer on while the body is still being sent", async () => {
    await h.serve("api", (_request, response) => void response.writeHead(403, { Connection: "close" }).end("no"));
    const text = await talk(h.proxyPort(0), `POST http://api/ HTTP/1.1\r\nHost: api\r\nContent-Length: 100000\r\n\r\nabc`, (t) =>
      t.includes("no\r\n"),
    );
    expect(text).toContain("403 Forbidden");
  });

  it("delivers server-sent events as they come", async () => {
    await h.serve("api", (_request, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("data: 1\n\n");
    });
    const text = await talk(h.proxyPort(0), "GET http://api/events HTTP/1.1\r\nHost: api\r\n\r\n", (t) => t.includes("data: 1"));
    expect(text).toContain("text/event-stream");
    const transaction = await h.transaction(({ kind }) => kind === "sse");
    expect(h.bodyText(transaction.responseBody?.hash)).toBe("data: 1\n\n");
    expect(transaction.error).toMatch(/client went away/);
  });
});

describe("a service that fails", () => {
  it("closes the connection like the service would, and says why in the record", async () => {
    await expect(curl("http://gone:81/")).rejects.toThrow(/Empty reply/);
    expect((await h.transaction(() => true)).error).toBe("ECONNREFUSED gone:81");
  });

  it("cuts the answer where the service cut it", async () => {
    await h.serve("api", (_request, response) => {
      response.writeHead(200, { "Content-Length": "100" });
      response.write("half");
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
    });
    await expect(curl("http://api/")).rejects.toThrow(/curl: \((?:18|56)\)/);
    const transaction = await h.transaction(() => true);
    expect(transaction).toMatchObject({ status: 200, responseBody: { sizeBytes: 4 } });
    expect(transaction.error).toMatch(/ECONNRESET|aborted/);
  });

  it("tells the service when the client goes away", async () => {
    let gone = false;
    await h.serve("api", (_request, response) => {
      response.on("close", () => {
        gone = true;
      });
    });
    const socket = await dialLoopback(h.proxyPort(0));
    socket.write("GET http://api/ HTTP/1.1\r\nHost: api\r\n\r\n");
    await until(() => h.recorder.statistics().open === 1, "the request to arrive");
    socket.destroy();
    await until(() => gone, "the service to notice");
    expect((await h.transaction(() => true)).error).toMatch(/client went away/);
  });

  it("asks again when a kept connection had just been closed", async () => {
    let connections = 0;
    const raw = createRawServer((socket) => {
      const number = ++connections;
      let requests = 0;
      socket.on("error", () => undefined);
      socket.on("data", () => {
        // The first connection promises to stay and then closes on its second request.
        if (number === 1 && ++requests === 2) socket.destroy();
        else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok");
      });
    }).listen(0, "127.0.0.1");
    await once(raw, "listening");
    h.route("api", (raw.address() as AddressInfo).port);
    expect(await curl("http://api/1")).toBe("ok");
    expect(await curl("http://api/2")).toBe("ok");
    expect(connections).toBe(2);
    raw.close();
  });

  it("refuses headers beyond the limit and unreadable requests, and goes on", async () => {
    await h.serve("api", (_request, response) => void response.end("fine"));
    const huge = `GET http://api/ HTTP/1.1\r\nHost: api\r\nX: ${"x".repeat(200_000)}\r\n\r\n`;
    expect(await talk(h.proxyPort(0), huge)).toContain("431");
    expect(await talk(h.proxyPort(0), "NOT HTTP AT ALL\r\n\r\n")).toContain("400");
    expect(await curl("http://api/")).toBe("fine");
  });
});

describe("what is kept", () => {
  it("holds no secrets of headers, forms, JSON or the address, and unpacks gzip", async () => {
    await h.serve("api", (request, response) => {
      request.resume();
      response.writeHead(200, { "Content-Type": "application/json", "Content-Encoding": "gzip", "Set-Cookie": "sid=abcdef; HttpOnly" });
      response.end(gzipSync('{"user":"kim","accessToken":"sesame","nested":{"password":"hunter2"}}'));
    });
    const args = ["http://api/login?api_key=k-123&q=1", "-H", "Authorization: Bearer open", "-H", "Cookie: a=1; sid=abcdef"];
    expect(await curl("--compressed", ...args, "-d", "user=kim&password=hunter2")).toContain("sesame");
    const transaction = await h.transaction(() => true);
    const kept = JSON.stringify(transaction) + h.bodyText(transaction.requestBody?.hash) + h.bodyText(transaction.responseBody?.hash);
    for (const secret of ["sesame", "hunter2", "abcdef", "k-123", "Bearer open"]) expect(kept).not.toContain(secret);
    expect(kept).toContain('"user":"kim"');
    expect(kept).toMatch(/Bearer \[redacted:[0-9a-f]{4}\]/);
    expect(kept).toContain("user=kim&password=[redacted:");
    expect(kept).toContain("HttpOnly");
  });

  it("is handed over to the last fact when the recorder closes, also what was still open", async () => {
    await h.serve("api", (request, response) => void (request.url === "/hang" ? response.write("part") : response.end()));
    await Promise.all(Array.from({ length: 20 }, (_, index) => curl(`http://api/${index}`)));
    const socket = await dialLoopback(h.proxyPort(0));
    socket.on("error", () => undefined);
    socket.write("GET http://api/hang HTTP/1.1\r\nHost: api\r\n\r\n");
    await once(socket, "data");
    expect(await h.recorder.close()).toEqual({ open: 0, lost: 0, bodiesDropped: 0 });
    expect(h.facts.transactions).toHaveLength(21);
    expect(h.facts.transactions.find(({ url }) => url.endsWith("/hang"))?.error).toMatch(/went away|closed/);
  });

  it("never stops the traffic when the store fails: what is lost is counted and said", async () => {
    const problems: string[] = [];
    await using failing = await startHarness({
      sink: { write: () => Promise.reject(new Error("disk full")) },
      onProblem: (message) => problems.push(message),
      limits: { drainMs: 300 },
    });
    await failing.serve("api", (_request, response) => void response.end("fine"));
    const { stdout } = await run("curl", ["-sS", "--noproxy", "", "--proxy", failing.proxy(0), "http://api/"]);
    expect(stdout).toBe("fine");
    expect((await failing.recorder.close()).lost).toBe(1);
    expect(problems.join()).toMatch(/lost/);
  });
});
