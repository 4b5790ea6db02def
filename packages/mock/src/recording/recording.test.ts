import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { MockOptions, MockServer } from "../contract.ts";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import { startMock } from "../serving/start-mock.ts";
import { admin, ask, stub } from "../serving/testing/ask.ts";
import { stubName } from "./stub-of-event.ts";

let folder: string;
let server: MockServer;
let target: Server;
let base: string;
let count: number;

beforeEach(async () => {
  count = 0;
  folder = await mkdtemp(join(tmpdir(), "dojang-mock-"));
  target = createServer(serve);
  await new Promise<void>((resolve) => {
    target.listen(0, "127.0.0.1", resolve);
  });
  const address = target.address();
  base = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});
afterEach(async () => {
  await server.close();
  target.closeAllConnections();
  target.close();
  await rm(folder, { recursive: true });
});

const serve: RequestListener = (request, response) => {
  const send = (type: string | undefined, body: string | Buffer, status = 200, more: Record<string, string> = {}): void => {
    response.writeHead(status, { ...(type === undefined ? {} : { "Content-Type": type }), "X-Multi": ["1", "2"], ...more });
    response.end(body);
  };
  const path = request.url ?? "";
  if (path.startsWith("/json")) send("application/json", '{"a": 1}');
  else if (path.startsWith("/latin")) send("text/plain; charset=iso-8859-1", Buffer.from("té", "latin1"));
  else if (path.startsWith("/zipped")) send("application/json", gzipSync('{"zipped":true}'), 200, { "Content-Encoding": "gzip" });
  else if (path.startsWith("/png")) send("image/png", Buffer.from([0x89, 0, 1]));
  else if (path.startsWith("/untyped")) send(undefined, "no type");
  else if (path.startsWith("/big")) send("text/html", "x".repeat(12_000));
  else if (path.startsWith("/empty")) send(undefined, "", 204);
  else if (path.startsWith("/count")) send("text/plain", `count ${++count}`);
  else send("text/plain", "ok", 404);
};

interface RecordedStub {
  readonly id: string;
  readonly name: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly response: Readonly<Record<string, unknown>>;
  readonly persistent?: boolean;
  readonly scenarioName?: string;
  readonly requiredScenarioState?: string;
  readonly newScenarioState?: string;
}

async function start(options: MockOptions = {}): Promise<void> {
  server = await startMock({ listen: { port: 0, address: "127.0.0.1" }, directory: folder, ...options });
}

/** Newest first, as recordings list them. */
async function record(traffic: () => Promise<unknown>, spec: object = {}): Promise<readonly RecordedStub[]> {
  await admin(server, "POST", "/recordings/start", { targetBaseUrl: base, ...spec });
  await traffic();
  const { mappings } = (await admin(server, "POST", "/recordings/stop")) as { mappings: readonly RecordedStub[] };
  return mappings;
}

const status = async (): Promise<unknown> => ((await admin(server, "GET", "/recordings/status")) as { status: unknown }).status;

test("what was asked of the target becomes stubs that answer the same without it", async () => {
  await start();
  expect(await status()).toBe("NeverStarted");
  const mappings = await record(
    async () => {
      expect(await status()).toBe("Recording");
      await ask(server, "/json/one");
      await ask(server, "/latin?a=1&b=two%20words&a=3", { headers: { "X-Cap": "Foo" } });
    },
    { captureHeaders: { "X-Cap": {}, "X-None": {} } },
  );
  expect(await status()).toBe("Stopped");
  expect(mappings).toMatchObject([
    {
      name: "latin",
      request: {
        urlPath: "/latin",
        method: "GET",
        headers: { "X-Cap": { equalTo: "Foo" } },
        queryParameters: { a: { hasExactly: [{ equalTo: "1" }, { equalTo: "3" }] }, b: { hasExactly: [{ equalTo: "two words" }] } },
      },
      response: { status: 200, body: "té", headers: { "Content-Type": "text/plain; charset=iso-8859-1", "X-Multi": ["1", "2"] } },
    },
    { name: "json_one", request: { url: "/json/one", method: "GET" }, response: { status: 200, body: '{"a": 1}' }, persistent: true },
  ]);
  expect(mappings[0]?.request.headers).toEqual({ "X-Cap": { equalTo: "Foo" } });
  target.closeAllConnections();
  target.close();
  expect((await ask(server, "/json/one")).text).toBe('{"a": 1}');
  expect((await ask(server, "/other")).status).toBe(404);
  expect((await readdir(join(folder, "mappings"))).toSorted()).toEqual(mappings.map(({ id, name }) => `${name}-${id}.json`).toSorted());
});

describe("with --record-mappings each answer of a target is written at once:", () => {
  async function written(): Promise<readonly { readonly name: string; readonly json: RecordedStub }[]> {
    const names = (await readdir(join(folder, "mappings")).catch(() => [])).toSorted();
    return Promise.all(names.map(async (name) => ({ name, json: JSON.parse(await readFile(join(folder, "mappings", name), "utf8")) })));
  }

  test("a stub with the headers it asks for, and its body in a file, unpacked", async () => {
    await start({ proxyAll: base, recordMappings: { matchHeaders: ["accept"] } });
    await ask(server, "/zipped/a b?c=d".replace(" ", "%20"), { headers: { accept: "application/json", "accept-encoding": "gzip" } });
    const [{ name, json } = { name: "", json: undefined }] = await written();
    expect(name).toMatch(/^mapping-zipped-a%20b-[0-9a-f]{8}\.json$/);
    expect(json).toMatchObject({
      request: { url: "/zipped/a%20b?c=d", method: "GET", headers: { Accept: { equalTo: "application/json" } } },
      response: { status: 200, headers: { "Content-Type": "application/json" } },
    });
    const body = String(json?.response.bodyFileName);
    expect(body).toBe(name.replace("mapping", "body"));
    expect(await readFile(join(folder, "__files", body), "utf8")).toBe('{"zipped":true}');
    expect(json?.response.headers).not.toHaveProperty("Content-Encoding");
  });

  test("once for requests that are alike, and again for other bodies and parts", async () => {
    await start({ proxyAll: base, recordMappings: {} });
    const type = { "Content-Type": "application/json" };
    const form = { "Content-Type": "multipart/form-data; boundary=edge" };
    const part = (text: string) => `--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n${text}\r\n--edge--\r\n`;
    for (const body of ["[1,2]", "[2,1]", "[3]", "no JSON"]) await ask(server, "/json", { method: "POST", headers: type, body });
    for (const text of ["one", "one", "two"]) await ask(server, "/json", { method: "POST", headers: form, body: part(text) });
    const stubs = (await written()).map(({ json }) => json.request.bodyPatterns ?? json.request.multipartPatterns);
    expect(stubs).toHaveLength(5);
    expect(stubs).toEqual(
      expect.arrayContaining([
        [{ equalToJson: "[1,2]", ignoreArrayOrder: true, ignoreExtraElements: true }],
        [{ equalTo: "no JSON" }],
        [{ name: "a", matchingType: "ALL", bodyPatterns: [{ equalTo: "two" }] }],
      ]),
    );
  });

  test("nothing of what the mock answers itself, nor of a target that is not there", async () => {
    await start({ recordMappings: {} });
    await server.world.addStub(gone());
    await ask(server, "/gone");
    await ask(server, "/miss");
    expect(await written()).toEqual([]);
  });

  test("what was written is played after a reset", async () => {
    await start({ proxyAll: base, recordMappings: {} });
    await ask(server, "/count");
    await admin(server, "POST", "/reset");
    expect([(await ask(server, "/count")).text, (await ask(server, "/count")).text, count]).toEqual(["count 1", "count 1", 1]);
  });

  function gone(): StubMapping {
    return {
      id: "00000000-0000-4000-8000-000000000001",
      request: { url: { kind: "url", value: "/gone" }, method: { kind: "any" } },
      response: { status: 200, proxyBaseUrl: "http://127.0.0.1:1" },
    };
  }
});

test("answers are kept unpacked, and as text only where their type is text", async () => {
  await start();
  const mappings = await record(async () => {
    await ask(server, "/zipped");
    await ask(server, "/png");
    await ask(server, "/untyped");
    await ask(server, "/empty");
  });
  expect(mappings.map(({ response }) => response)).toEqual([
    { status: 204, headers: { "X-Multi": ["1", "2"], Date: expect.anything() } },
    { status: 200, base64Body: Buffer.from("no type").toString("base64"), headers: expect.anything() },
    { status: 200, base64Body: "iQAB", headers: expect.objectContaining({ "Content-Type": "image/png" }) },
    { status: 200, body: '{"zipped":true}', headers: expect.not.objectContaining({ "Content-Encoding": "gzip" }) },
  ]);
});

test("request bodies are compared by their kind", async () => {
  await start();
  const post = (type: string | undefined, body: string | Buffer) =>
    ask(server, "/x", { body, ...(type === undefined ? {} : { headers: { "Content-Type": type } }) });
  const mappings = await record(async () => {
    await post("application/json", '{"x":[1]}');
    await post("text/xml", "<x/>");
    await post("text/plain", "plain");
    await post(undefined, "untyped");
    await post("application/octet-stream", Buffer.from([0, 1]));
    await post("multipart/form-data; boundary=b", "--b--");
    await post("application/json", "no json");
  });
  expect(mappings.map(({ request }) => request.bodyPatterns).toReversed()).toEqual([
    [{ equalToJson: '{"x":[1]}', ignoreArrayOrder: true, ignoreExtraElements: true }],
    [{ equalToXml: "<x/>" }],
    [{ equalTo: "plain", caseInsensitive: false }],
    [{ equalTo: "untyped", caseInsensitive: false }],
    [{ binaryEqualTo: "AAE=" }],
    [{ anything: "anything" }],
    [{ equalTo: "no json" }],
  ]);
});

test.each([
  [
    { matcher: "equalTo", caseInsensitive: true },
    { equalTo: '{"x":1}', caseInsensitive: true },
  ],
  [
    { matcher: "equalToJson", ignoreArrayOrder: false },
    { equalToJson: '{"x":1}', ignoreArrayOrder: false },
  ],
  [
    { matcher: "auto", ignoreExtraElements: false },
    { equalToJson: '{"x":1}', ignoreArrayOrder: true, ignoreExtraElements: false },
  ],
])("the pattern for bodies is as asked: %j", async (requestBodyPattern, expected) => {
  await start();
  const mappings = await record(() => ask(server, "/x", { body: '{"x":1}', headers: { "Content-Type": "application/json" } }), {
    requestBodyPattern,
  });
  expect(mappings[0]?.request.bodyPatterns).toEqual([expected]);
});

test("the pattern for bodies may have the name that the Java client gives it", async () => {
  await start();
  const mappings = await record(() => ask(server, "/x", { body: '{"x":1}' }), {
    requestBodyPatternFactory: { matcher: "equalTo", caseInsensitive: true },
  });
  expect(mappings[0]?.request.bodyPatterns).toEqual([{ equalTo: '{"x":1}', caseInsensitive: true }]);
});

test("repeats become a scenario that plays in the order of the recording", async () => {
  await start();
  const mappings = await record(async () => {
    for (let turn = 0; turn < 3; turn++) await ask(server, "/count/it");
    await ask(server, "/json");
  });
  const name = "scenario-1-count-it";
  expect(
    mappings
      .slice(1)
      .map(({ scenarioName, requiredScenarioState, newScenarioState }) => [scenarioName, requiredScenarioState, newScenarioState]),
  ).toEqual([
    [name, `${name}-3`, undefined],
    [name, `${name}-2`, `${name}-3`],
    [name, "Started", `${name}-2`],
  ]);
  expect(mappings[0]?.scenarioName).toBeUndefined();
  const texts: string[] = [];
  for (let turn = 0; turn < 4; turn++) texts.push((await ask(server, "/count/it")).text);
  expect(texts).toEqual(["count 1", "count 2", "count 3", "count 3"]);
});

test("without scenarios the last answer to a repeated request stays", async () => {
  await start();
  const mappings = await record(
    async () => {
      await ask(server, "/count");
      await ask(server, "/count");
    },
    { repeatsAsScenarios: false },
  );
  expect(mappings.map(({ response }) => response.body)).toEqual(["count 2"]);
});

test("large bodies go to files, named after the stub, with the extension of their type", async () => {
  await start();
  const mappings = await record(
    async () => {
      await ask(server, "/big/page.html");
      await ask(server, "/png/x.png");
      await ask(server, "/untyped");
      await ask(server, "/json");
    },
    { extractBodyCriteria: { textSizeThreshold: "10 kb", binarySizeThreshold: "0" } },
  );
  const names = mappings.map(({ id, response }) => String(response.bodyFileName).replace(id, "ID"));
  expect(names).toEqual(["undefined", "untyped-ID.txt", "png_x.png-ID.png", "big_page.html-ID.txt"]);
  expect(await readFile(join(folder, "__files", String(mappings[2]?.response.bodyFileName)))).toEqual(Buffer.from([0x89, 0, 1]));
  expect((await ask(server, "/big/page.html")).text.length).toBe(12_000);
});

test("filters leave out what is not wanted; nothing is written when nothing shall be kept; ids are enough", async () => {
  await start();
  await admin(server, "POST", "/recordings/start", {
    targetBaseUrl: base,
    filters: { method: "GET", urlPathPattern: "/json.*" },
    persist: false,
    outputFormat: "IDS",
  });
  await ask(server, "/json/a");
  await ask(server, "/json/b", { body: "x" });
  await ask(server, "/other");
  const result = await admin(server, "POST", "/recordings/stop");
  expect(result).toEqual({ ids: [expect.stringMatching(/^[0-9a-f-]{36}$/)] });
  expect(server.world.stubs.all().map(({ name }) => name)).toEqual(["json_a"]);
  expect(await readdir(folder)).not.toContain("mappings");
});

test("a snapshot makes stubs of what the journal holds, of the mock's own answers only when asked", async () => {
  await start();
  await stub(server, { request: { url: "/own" }, response: { status: 201, body: "own", headers: { "Content-Type": "text/plain" } } });
  await ask(server, "/own");
  await ask(server, "/missing");
  expect(await admin(server, "POST", "/recordings/snapshot")).toEqual({ mappings: [] });
  const [{ id } = { id: "" }] = server.world.journal.all().slice(1);
  const { mappings } = (await admin(server, "POST", "/recordings/snapshot", { persist: false, filters: { allowNonProxied: true } })) as {
    mappings: RecordedStub[];
  };
  expect(mappings).toMatchObject([
    { request: { url: "/missing" }, response: { status: 404 } },
    { request: { url: "/own" }, response: { status: 201, body: "own" } },
  ]);
  expect(mappings[0]?.response).toEqual({ status: 404 });
  const one = (await admin(server, "POST", "/recordings/snapshot", { persist: false, filters: { allowNonProxied: true, ids: [id] } })) as {
    mappings: RecordedStub[];
  };
  expect(one.mappings.map(({ request }) => request.url)).toEqual(["/own"]);
});

test("only what came after the start is recorded, and a second start changes nothing", async () => {
  await start();
  await stub(server, { request: { url: "/before" }, response: { proxyBaseUrl: base } });
  await ask(server, "/before");
  const mappings = await record(async () => {
    await admin(server, "POST", "/recordings/start", { targetBaseUrl: "http://127.0.0.1:1" });
    await ask(server, "/json");
  });
  expect(mappings.map(({ name }) => name)).toEqual(["json"]);
});

test("a recording says how much of it the journal had dropped", async () => {
  await start({ journal: { maxEntries: 2 } });
  await server.world.recorder.start({ targetBaseUrl: base });
  for (let index = 0; index < 5; index++) await ask(server, `/json/${index}`);
  const result = await server.world.recorder.stop();
  expect(result.stubs.map(({ name }) => name)).toEqual(["json_4", "json_3"]);
  expect(result.lost).toBe(3);
});

test("a large answer is recorded whole", async () => {
  const big = Buffer.alloc(3_000_000, "x");
  target.removeAllListeners("request");
  target.on("request", (_request, response) => response.end(big));
  await start();
  const mappings = await record(() => ask(server, "/huge"), { persist: false });
  expect(Buffer.from(String(mappings[0]?.response.base64Body), "base64").length).toBe(big.length);
});

test.each([
  ["an unknown field", { targetBaseUrl: "http://a.example", foo: 1 }, "unknown field `foo`"],
  ["a target that is no URL", { targetBaseUrl: "nonsense" }, "targetBaseUrl"],
  ["an unknown matcher", { requestBodyPattern: { matcher: "foo" } }, "matcher"],
  ["a size of no unit", { extractBodyCriteria: { textSizeThreshold: "10 zb" } }, "10 zb"],
  ["an unknown format", { outputFormat: "some" }, "outputFormat"],
  ["a transformer", { transformers: ["mine"] }, '"mine"'],
  ["an unknown filter", { filters: { urlPatern: "/x" } }, "urlPatern"],
  ["a list", [], "must be an object"],
])("%s is refused, and nothing is recorded", async (_what, spec, message) => {
  await start();
  const answer = await ask(server, "/__admin/recordings/start", { body: JSON.stringify(spec) });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain(JSON.stringify(message).slice(1, -1));
  expect(await status()).toBe("NeverStarted");
  expect(server.world.stubs.all()).toEqual([]);
});

test("stopping what was not started is refused", async () => {
  await start();
  expect((await ask(server, "/__admin/recordings/stop", { method: "POST" })).status).toBe(400);
});

test.each([
  ["/", ""],
  ["/things/one two/", "things_one-two"],
  ["/with%20space/%ED%95%9C", "with-space"],
  ["/UPPER/_under_/a.b-c~d", "upper__under__a.b-cd"],
  ["/%zz", "zz"],
  [`/${"a".repeat(300)}`, "a".repeat(200)],
])("a stub for %s is named '%s'", (path, name) => {
  expect(stubName(path)).toBe(name);
});
