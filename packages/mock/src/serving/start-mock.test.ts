import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MockOptions, MockServer } from "../contract.ts";
import type { ServeEvent } from "../journal/serve-event.ts";
import { startMock } from "./start-mock.ts";
import { admin, ask, stub } from "./testing/ask.ts";
import { exchangeRaw, rawClient } from "./testing/raw-client.ts";

let folder: string;
let server: MockServer;
const others: MockServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-mock-"));
});
afterEach(async () => {
  await Promise.all([server?.close(), ...others.splice(0).map((other) => other.close())]);
  await rm(folder, { recursive: true });
});

async function start(options: MockOptions = {}): Promise<MockServer> {
  server = await startMock({ listen: { port: 0, address: "127.0.0.1" }, ...options });
  return server;
}

const anyUrl = (url: string) => ({ method: "ANY", url });
const id = "11111111-1111-4111-8111-111111111111";

async function wire(path: string, lines = ""): Promise<string> {
  return (await exchangeRaw(server.port ?? 0, `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}Connection: close\r\n\r\n`)).text;
}

async function keptWire(path: string, lines = ""): Promise<string> {
  const client = await rawClient(server.port ?? 0);
  client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\nGET /the-end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  const { text } = await client.ended();
  return text.slice(0, text.lastIndexOf("HTTP/1.1 "));
}

test("a stub's headers go out in their order and case, then the stub's id and name, then the framing", async () => {
  await start();
  const response = {
    status: 201,
    statusMessage: "Very Fine",
    jsonBody: { b: 1.0, a: [null] },
    headers: { "x-lower": "v", "X-Many": ["1", "2"] },
  };
  await stub(server, { id, name: "이름 x", request: anyUrl("/a"), response });
  const head = `HTTP/1.1 201 Very Fine\r\nx-lower: v\r\nX-Many: 1\r\nX-Many: 2\r\nMatched-Stub-Id: ${id}\r\nMatched-Stub-Name: ?? x\r\n`;
  expect(await keptWire("/a")).toBe(`${head}Transfer-Encoding: chunked\r\n\r\n12\r\n{"b":1,"a":[null]}\r\n0\r\n\r\n`);
  // The second time it comes from what was prepared.
  expect(await keptWire("/a")).toBe(`${head}Transfer-Encoding: chunked\r\n\r\n12\r\n{"b":1,"a":[null]}\r\n0\r\n\r\n`);
});

test("of several types of a body the last is sent, and all are journaled", async () => {
  await start();
  await stub(server, { request: anyUrl("/a"), response: { headers: { "Content-Type": ["text/plain", "text/html"] } } });
  expect((await wire("/a")).match(/Content-Type: .*/g)).toEqual(["Content-Type: text/html"]);
  expect(
    server.world.journal
      .all()[0]
      ?.response.headers.slice(0, 2)
      .map(({ value }) => value),
  ).toEqual(["text/plain", "text/html"]);
});

test("without chunked encoding answers have a length; with body_file only those from the stub itself", async () => {
  await mkdir(join(folder, "__files"));
  await writeFile(join(folder, "__files", "f.txt"), "from a file");
  const stubs = async () => {
    await stub(server, { id, request: anyUrl("/inline"), response: { body: "x" } });
    await stub(server, { request: anyUrl("/file"), response: { bodyFileName: "f.txt" } });
  };
  await start({ chunkedEncoding: "never", directory: folder });
  await stubs();
  expect(await keptWire("/inline")).toBe(`HTTP/1.1 200 OK\r\nMatched-Stub-Id: ${id}\r\nContent-Length: 1\r\n\r\nx`);
  expect(await keptWire("/file")).toContain("Content-Length: 11\r\n\r\nfrom a file");
  await server.close();
  await start({ chunkedEncoding: "body_file", directory: folder });
  await stubs();
  expect(await keptWire("/inline")).toContain("Content-Length: 1\r\n");
  expect(await keptWire("/file")).toContain("Transfer-Encoding: chunked\r\n\r\nB\r\nfrom a file");
});

test("a body file that is missing is a 500 that names it", async () => {
  await start();
  await stub(server, { request: anyUrl("/a"), response: { bodyFileName: "gone.txt" } });
  const answer = await ask(server, "/a");
  expect(answer.status).toBe(500);
  expect(answer.text).toContain("gone.txt");
  expect(server.world.journal.all()[0]?.subEvents[0]?.type).toBe("ERROR");
});

test("a body file without a name is no body", async () => {
  await start();
  await stub(server, { request: anyUrl("/a"), response: { bodyFileName: "" } });
  expect(await ask(server, "/a")).toMatchObject({ status: 200, text: "" });
});

test("templates see the request; a stub without the transformer does not", async () => {
  await start();
  const body = "{{request.method}} {{request.path}} {{request.query.x}}";
  await stub(server, { request: { urlPath: "/templated" }, response: { body, transformers: ["response-template"] } });
  await stub(server, { request: { urlPath: "/plain" }, response: { body } });
  expect((await ask(server, "/templated?x=1")).text).toBe("GET /templated 1");
  expect((await ask(server, "/plain?x=1")).text).toBe(body);
});

test("a template that fails is a 500 that says so, and a sub event", async () => {
  await start();
  await stub(server, { request: anyUrl("/bad"), response: { body: "{{math '1' '/' 0}}", transformers: ["response-template"] } });
  const { status, text } = await ask(server, "/bad");
  expect([status, text]).toEqual([500, "1:2: java.lang.ArithmeticException: / by zero"]);
  expect(server.world.journal.all()[0]?.subEvents).toMatchObject([{ type: "ERROR", data: { message: text } }]);
});

test("what several stubs stumble over is one sub event", async () => {
  await start();
  for (const value of [1, 2, 3])
    await stub(server, { request: { url: "/json", bodyPatterns: [{ equalToJson: { value } }] }, response: {} });
  await ask(server, "/json", { method: "POST", body: "{" });
  const events = server.world.journal.all()[0]?.subEvents.filter(({ type }) => type === "JSON_ERROR");
  expect(events).toHaveLength(1);
});

test("templates of all stubs, or of none", async () => {
  await start({ templating: "global" });
  await stub(server, { request: { urlPath: "/a" }, response: { body: "{{request.method}}" } });
  expect((await ask(server, "/a")).text).toBe("GET");
  await server.close();
  await start({ templating: "off" });
  await stub(server, { request: { urlPath: "/a" }, response: { body: "{{request.method}}", transformers: ["response-template"] } });
  expect((await ask(server, "/a")).text).toBe("{{request.method}}");
});

test("gzip is used for who names it, by WireMock's rules", async () => {
  await start();
  const long = "a".repeat(100);
  await stub(server, { id, request: anyUrl("/text"), response: { body: long, headers: { ETag: '"abc"' } } });
  await stub(server, { request: anyUrl("/image"), response: { body: long, headers: { "Content-Type": "image/png" } } });
  await stub(server, { request: anyUrl("/encoded"), response: { body: long, headers: { "Content-Encoding": "identity" } } });
  await stub(server, { request: anyUrl("/missing"), response: { status: 404, body: long } });
  await stub(server, { request: anyUrl("/short"), response: { body: "hello", headers: { "Content-Length": "5" } } });
  const coding = async (path: string, accept = "gzip", method = "GET") =>
    (await ask(server, path, { method, headers: { "Accept-Encoding": accept } })).headers["content-encoding"];
  const zipped = await ask(server, "/text", { headers: { "Accept-Encoding": "deflate, gzip;q=0.5" } });
  expect(gunzipSync(zipped.body).toString()).toBe(long);
  expect(zipped.headers).toMatchObject({ "content-encoding": "gzip", etag: '"abc--gzip"' });
  expect(zipped.headers["content-length"]).toBeUndefined();
  expect(await coding("/text", "gzip;q=0")).toBeUndefined();
  expect(await coding("/text", "*")).toBeUndefined();
  expect(await coding("/text", "gzip", "OPTIONS")).toBeUndefined();
  expect(await coding("/image")).toBeUndefined();
  expect(await coding("/encoded")).toBe("identity");
  expect(await coding("/missing")).toBeUndefined();
  expect(await coding("/short")).toBeUndefined();
  // The journal keeps what was answered, not how it was packed.
  expect(
    server.world.journal
      .all()
      .find(({ stub: found }) => found?.id === id)
      ?.response.body.toString(),
  ).toBe(long);
});

test.each([
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
  ["", gzipSync],
])("a request in coding '%s' is matched by what it says", async (coding, encode) => {
  await start();
  await stub(server, { request: { method: "POST", url: "/a", bodyPatterns: [{ equalTo: "hello" }] }, response: { status: 202 } });
  const headers = coding === "" ? undefined : { "Content-Encoding": coding };
  expect((await ask(server, "/a", { body: encode(Buffer.from("hello")), ...(headers === undefined ? {} : { headers }) })).status).toBe(202);
});

test("a request that unpacks to more than the limit is 413, one that does not unpack is seen as it is", async () => {
  await start({ maxBodyBytes: 10_000 });
  await stub(server, { request: { method: "POST", url: "/a", bodyPatterns: [{ equalTo: "no gzip" }] }, response: { status: 202 } });
  const headers = { "Content-Encoding": "gzip" };
  expect((await ask(server, "/a", { body: gzipSync(Buffer.alloc(1_000_000)), headers })).status).toBe(413);
  expect((await ask(server, "/a", { body: "no gzip", headers })).status).toBe(202);
});

test("delays of the stub are added; the stub's fixed delay replaces the global one", async () => {
  await start();
  await admin(server, "POST", "/settings", { fixedDelay: 5_000, delayDistribution: { type: "uniform", lower: 40, upper: 40 } });
  await stub(server, { request: anyUrl("/a"), response: { fixedDelayMilliseconds: 30 } });
  await stub(server, {
    request: anyUrl("/b"),
    response: { fixedDelayMilliseconds: 0, delayDistribution: { type: "fixed", milliseconds: 10 } },
  });
  await ask(server, "/a");
  await ask(server, "/b");
  expect(server.world.journal.all().map(({ timing }) => timing.addedDelay)).toEqual([10, 70]);
});

test("a delayed answer is in the journal before it is sent", async () => {
  await start();
  await stub(server, { request: anyUrl("/slow"), response: { fixedDelayMilliseconds: 60_000 } });
  const client = await rawClient(server.port ?? 0);
  client.write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  await expect.poll(() => server.world.journal.all().length).toBe(1);
  expect(client.received()).toBe("");
});

test("a dribbled body comes in the pieces that were asked for", async () => {
  await start();
  await stub(server, {
    request: anyUrl("/a"),
    response: { body: "0123456789abc", chunkedDribbleDelay: { numberOfChunks: 5, totalDuration: 50 } },
  });
  expect(await keptWire("/a")).toContain("\r\n\r\n2\r\n01\r\n2\r\n23\r\n2\r\n45\r\n2\r\n67\r\n5\r\n89abc\r\n0\r\n\r\n");
});

test("a malformed answer has the head that a whole one would have had", async () => {
  await start();
  await stub(server, { request: anyUrl("/broken"), response: { fault: "MALFORMED_RESPONSE_CHUNK" } });
  expect(await wire("/broken", "Accept-Encoding: gzip\r\n")).toContain("\r\nContent-Encoding: gzip\r\n");
  expect(await wire("/broken")).not.toContain("Content-Encoding");
});

test("numbers of JSON bodies are written out, digit by digit", async () => {
  await start();
  const body = '{"request":{"url":"/n"},"response":{"jsonBody":[1e2,1.10,-0.0,1e-7,12345678901234567890]}}';
  await ask(server, "/__admin/mappings", { method: "POST", body });
  expect((await ask(server, "/n")).text).toBe("[100,1.10,0.0,0.0000001,12345678901234567890]");
});

test("a JSON body is escaped as WireMock escapes it", async () => {
  await start();
  await stub(server, { request: anyUrl("/e"), response: { jsonBody: "\u{1F600} ü" } });
  expect((await ask(server, "/e")).text).toBe('"\\uD83D\\uDE00 ü"');
});

test("a JSON body that was rendered is journaled as JSON", async () => {
  await start();
  const response = { jsonBody: { method: "{{request.method}}" }, transformers: ["response-template"] };
  await stub(server, { request: anyUrl("/json"), response });
  await ask(server, "/json");
  const { requests } = (await admin(server, "GET", "/requests")) as { requests: { responseDefinition: unknown }[] };
  expect(requests[0]?.responseDefinition).toMatchObject({ jsonBody: { method: "GET" } });
});

test("faults are journaled with their name, and the next request is served", async () => {
  await start();
  await stub(server, { request: anyUrl("/a"), response: { status: 418, fault: "CONNECTION_RESET_BY_PEER" } });
  expect(await exchangeRaw(server.port ?? 0, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n")).toEqual({ text: "", end: "RST" });
  expect(server.world.journal.all()[0]?.response).toMatchObject({ status: 418, fault: "CONNECTION_RESET_BY_PEER" });
  expect((await ask(server, "/other")).status).toBe(404);
});

test("what nothing matches gets a page, and a sub event that repeats it", async () => {
  await start();
  await stub(server, { request: anyUrl("/things"), response: {} });
  const answer = await ask(server, "/thing");
  expect(answer.status).toBe(404);
  expect(answer.text).toContain("/things");
  const [event] = server.world.journal.all();
  expect(event).toMatchObject({ answeredBy: "nothing", stub: undefined });
  expect(event?.subEvents.at(-1)).toMatchObject({
    type: "REQUEST_NOT_MATCHED",
    data: { status: 404, contentType: "text/plain", report: answer.text },
  });
});

test("files below __files are served where no stub is, by range too, and nothing outside", async () => {
  await mkdir(join(folder, "__files", "sub"), { recursive: true });
  await writeFile(join(folder, "__files", "sub", "index.html"), "<p>index</p>");
  await writeFile(join(folder, "__files", "a b.txt"), "0123456789");
  await writeFile(join(folder, "secret.txt"), "secret");
  await start({ directory: folder });
  const whole = await ask(server, "/a%20b.txt");
  expect(whole).toMatchObject({ status: 200, text: "0123456789" });
  expect(whole.headers).toMatchObject({ "content-type": "text/plain", "accept-ranges": "bytes", "content-length": "10" });
  expect(await ask(server, "/__files/a%20b.txt", { headers: { Range: "bytes=2-4" } })).toMatchObject({ status: 206, text: "234" });
  expect((await ask(server, "/a%20b.txt", { headers: { Range: "bytes=20-" } })).status).toBe(416);
  expect((await ask(server, "/a%20b.txt", { headers: { "If-Modified-Since": String(whole.headers["last-modified"]) } })).status).toBe(304);
  for (const path of ["/sub/", "/sub"]) {
    const index = await ask(server, path);
    expect([index.text, index.headers["content-type"]]).toEqual(["<p>index</p>", "text/html;charset=utf-8"]);
  }
  for (const path of ["/../secret.txt", "/%2e%2e/secret.txt", "/__files/..%2fsecret.txt", "/a%20b.txt%00"]) {
    expect(await wire(path)).not.toContain("secret\r\n");
    expect(await wire(path)).toMatch(/^HTTP\/1\.1 40[04]/);
  }
  await stub(server, { request: anyUrl("/a%20b.txt"), response: { body: "the stub" } });
  expect((await ask(server, "/a%20b.txt")).text).toBe("the stub");
});

test("CORS headers and preflights are there where they were asked for", async () => {
  await start({ stubCors: true });
  await stub(server, { request: anyUrl("/a"), response: { body: "x" } });
  const origin = { Origin: "http://page.example" };
  expect((await ask(server, "/a", { headers: origin })).headers).toMatchObject({
    vary: "Origin",
    "access-control-allow-origin": "http://page.example",
  });
  const preflight = await ask(server, "/a", {
    method: "OPTIONS",
    headers: { ...origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "X-A, X-B" },
  });
  expect(preflight).toMatchObject({ status: 200, text: "" });
  expect(preflight.headers).toMatchObject({
    "access-control-allow-methods": "OPTIONS,GET,POST,PUT,PATCH,DELETE",
    "access-control-allow-headers": "X-A,X-B",
  });
  expect(server.world.journal.all().length).toBe(1);
  await server.close();
  await start();
  await stub(server, { request: anyUrl("/a"), response: { body: "x" } });
  expect((await ask(server, "/a", { headers: origin })).headers["access-control-allow-origin"]).toBeUndefined();
});

test("whoever wants to know is told of every served request, with its times", async () => {
  const served: ServeEvent[] = [];
  await start({ onServed: (event) => served.push(event) });
  await stub(server, { id, request: anyUrl("/a"), response: { body: "x", fixedDelayMilliseconds: 20 } });
  await ask(server, "/a", { headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } });
  await ask(server, "/b");
  await expect.poll(() => served.length).toBe(2);
  expect(served[0]).toMatchObject({
    answeredBy: "stub",
    stub: { id },
    timing: { addedDelay: 20 },
    request: { requestId: "0af7651916cd43dd8448eb211c80319c" },
  });
  expect(served[0]?.timing.totalTime).toBe((served[0]?.timing.serveTime ?? 0) + 20);
  expect(served[1]).toMatchObject({ answeredBy: "nothing" });
});

test("a journal that is off keeps nothing", async () => {
  await start({ journal: { enabled: false } });
  await stub(server, { request: anyUrl("/a"), response: {} });
  expect((await ask(server, "/a")).status).toBe(200);
  expect(server.world.journal.all()).toEqual([]);
});

test("without an admin API its paths are the stubs'", async () => {
  await start({ admin: false });
  await server.world.addStub({
    id,
    request: { url: { kind: "url", value: "/__admin/mappings" }, method: { kind: "any" } },
    response: { status: 299 },
  });
  expect((await ask(server, "/__admin/mappings")).status).toBe(299);
});

test("what answers nothing else goes to the target of everything", async () => {
  const target = createServer((request, response) => response.end(`target ${request.url}`));
  await new Promise<void>((resolve) => {
    target.listen(0, "127.0.0.1", resolve);
  });
  const address = target.address();
  await start({ proxyAll: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` });
  await stub(server, { request: anyUrl("/own"), response: { body: "own" } });
  expect((await ask(server, "/own")).text).toBe("own");
  expect((await ask(server, "/theirs?x=1")).text).toBe("target /theirs?x=1");
  expect(server.world.journal.all()[0]).toMatchObject({ answeredBy: "proxy", stub: undefined });
  target.closeAllConnections();
  await new Promise((resolve) => target.close(resolve));
});

test("persistent stubs are written, read again, and removed with their files", async () => {
  await start({ directory: folder });
  await stub(server, { id, name: "kept", persistent: true, request: anyUrl("/kept"), response: { body: "kept" } });
  await stub(server, { request: anyUrl("/passing"), response: { body: "passing" } });
  const other = await startMock({ listen: { port: 0, address: "127.0.0.1" }, directory: folder });
  others.push(other);
  expect((await ask(other, "/kept")).text).toBe("kept");
  expect((await ask(other, "/passing")).status).toBe(404);
  await admin(server, "POST", "/mappings/save");
  expect((await readdir(join(folder, "mappings"))).length).toBe(2);
  await admin(server, "DELETE", `/mappings/${id}`);
  expect((await readdir(join(folder, "mappings"))).length).toBe(1);
  await admin(server, "DELETE", "/mappings");
  expect(await readdir(join(folder, "mappings"))).toEqual([]);
});

test("reset brings back the files' stubs and forgets journal, scenarios and sequences", async () => {
  await mkdir(join(folder, "mappings"));
  const mapping = { id, request: anyUrl("/a"), responses: [{ body: "first" }, { body: "second" }] };
  await writeFile(join(folder, "mappings", "a.json"), JSON.stringify(mapping));
  await start({ directory: folder });
  await stub(server, { request: anyUrl("/added"), response: {} });
  expect((await ask(server, "/a")).text).toBe("first");
  expect((await ask(server, "/a")).text).toBe("second");
  await admin(server, "POST", "/reset");
  expect(server.world.journal.all()).toEqual([]);
  expect((await ask(server, "/added")).status).toBe(404);
  expect((await ask(server, "/a")).text).toBe("first");
  expect(JSON.parse(await readFile(join(folder, "mappings", "a.json"), "utf8"))).toEqual(mapping);
});

test("an import keeps the order of its list, overwrites or keeps what is there, and removes the rest when told", async () => {
  await start();
  await stub(server, { id, request: anyUrl("/a"), response: { body: "old" } });
  await stub(server, { request: anyUrl("/rest"), response: {} });
  const mappings = [
    { request: anyUrl("/twice"), response: { body: "first of the list" } },
    { request: anyUrl("/twice"), response: { body: "second of the list" } },
    { id, request: anyUrl("/a"), response: { body: "new" } },
  ];
  await admin(server, "POST", "/mappings/import", { mappings, importOptions: { duplicatePolicy: "IGNORE" } });
  expect((await ask(server, "/a")).text).toBe("old");
  expect((await ask(server, "/twice")).text).toBe("first of the list");
  await admin(server, "POST", "/mappings/import", { mappings: mappings.slice(2), importOptions: { deleteAllNotInImport: true } });
  expect((await ask(server, "/a")).text).toBe("new");
  expect(server.world.stubs.all().length).toBe(1);
});

test("a stub that is replaced answers differently at once", async () => {
  await start();
  await stub(server, { id, request: anyUrl("/a"), response: { body: "one" } });
  expect((await ask(server, "/a")).text).toBe("one");
  await admin(server, "PUT", `/mappings/${id}`, { request: anyUrl("/a"), response: { body: "two" } });
  expect((await ask(server, "/a")).text).toBe("two");
});

test("a folder with a broken file is refused with every finding, and nothing listens", async () => {
  await mkdir(join(folder, "mappings"));
  await writeFile(join(folder, "mappings", "bad.json"), '{"request": {"url": 5, "metod": "GET"}, "response": {"status": "x"}}');
  await expect(start({ directory: folder })).rejects.toMatchObject({
    name: "Problem",
    findings: expect.arrayContaining([
      expect.objectContaining({ place: expect.objectContaining({ file: expect.stringContaining("bad.json") }) }),
    ]),
  });
});

test("a port that is taken ends the start, and the other listener with it", async () => {
  await start();
  const https = await startMock({ listen: "none", https: { port: 0, address: "127.0.0.1" } });
  others.push(https);
  await expect(
    startMock({ listen: { port: 0, address: "127.0.0.1" }, https: { port: https.httpsPort ?? 0, address: "127.0.0.1" } }),
  ).rejects.toMatchObject({ code: "port-taken" });
});

test("shutdown through the admin API answers, then ends everything", async () => {
  await start();
  const idle = await rawClient(server.port ?? 0);
  await admin(server, "POST", "/shutdown");
  await idle.ended();
  await server.closed;
  await expect(ask(server, "/")).rejects.toThrow();
  await server.close();
  await server.close();
});

test("closing does not wait for a delay longer than a second", async () => {
  await start();
  await stub(server, { request: anyUrl("/slow"), response: { fixedDelayMilliseconds: 600_000 } });
  const client = await rawClient(server.port ?? 0);
  client.write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  await expect.poll(() => server.world.journal.all().length).toBe(1);
  await server.close();
  expect((await client.ended()).text).toBe("");
});

test("a mock can be had for the time of a block", async () => {
  let port = 0;
  {
    await using mock = await startMock({ listen: { port: 0, address: "127.0.0.1" } });
    port = mock.port ?? 0;
    expect((await ask(port, "/")).status).toBe(404);
  }
  await expect(ask(port, "/")).rejects.toThrow();
});
