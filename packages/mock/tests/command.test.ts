import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commandResult, endCommandsAfterEach, runCommand } from "./running-command.ts";

endCommandsAfterEach();

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "dojang-mock-command-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("dojang-mock", () => {
  test("plays the stubs of its folder until it is told to end", async () => {
    put("mappings/a.yaml", "request: {method: GET, url: /hello}\nresponse: {jsonBody: {hello: world}}\n");
    const mock = await runCommand(["--port", "0", "--dir", root]);
    expect(await (await fetch(`http://localhost:${mock.port}/hello`)).json()).toEqual({ hello: "world" });
    expect(mock.listening).toMatchObject({ event: "listening", stubs: 1, pid: expect.any(Number) });
    expect(mock.errors()).toContain(`dojang-mock listens on http://localhost:${mock.port}: one stub of ${root}`);
    expect(await mock.end()).toEqual({ code: 0, signal: null });
  });

  test.each(["SIGINT", "SIGTERM"] as const)("ends with 0 on %s", async (signal) => {
    expect(await (await runCommand(["--port", "0"])).end(signal)).toEqual({ code: 0, signal: null });
  });

  test("ends with 0 when its admin API is told to end it", async () => {
    const mock = await runCommand(["--port", "0"]);
    expect((await fetch(`http://localhost:${mock.port}/__admin/shutdown`, { method: "POST" })).status).toBe(200);
    // The signal finds nobody, or somebody who is leaving.
    expect((await mock.end()).code).toBe(0);
  });

  test("takes the folder it is in when that looks like one", async () => {
    put("mappings/a.json", '{"request": {"url": "/here"}, "response": {"body": "here"}}');
    const mock = await runCommand(["--port", "0"], { cwd: root });
    expect(await (await fetch(`http://localhost:${mock.port}/here`)).text()).toBe("here");
  });

  test("listens on a unix socket and over HTTPS", async () => {
    const secure = await runCommand(["--disable-http", "--https-port", "0"]);
    expect(secure.port).toBeUndefined();
    expect(secure.httpsPort).toBeGreaterThan(0);
    expect(secure.errors()).toContain(`https://localhost:${secure.httpsPort}`);
    const socket = join(root, "mock.sock");
    const local = await runCommand(["--socket", socket]);
    expect(local.errors()).toContain(`unix:${socket}`);
    expect(readdirSync(root)).toContain("mock.sock");
    expect((await local.end()).code).toBe(0);
  });

  test("tells of requests that nothing answers, and of all when asked", async () => {
    const quiet = await runCommand(["--port", "0"]);
    await fetch(`http://localhost:${quiet.port}/nobody?x=1`);
    await quiet.waitFor("GET /nobody?x=1 -> 404, no stub matches");
    put("mappings/a.json", '{"name": "the stub", "request": {"url": "/hello"}}');
    const verbose = await runCommand(["--port", "0", "--dir", root, "--verbose"]);
    await fetch(`http://localhost:${verbose.port}/hello`);
    await verbose.waitFor('GET /hello -> 200, stub "the stub"');
    const loud = await runCommand(["--port", "0", "--dir", root, "--print-all-network-traffic"]);
    await fetch(`http://localhost:${loud.port}/hello`, { method: "POST", body: "what was sent\u001b[2J", headers: { "X-A": "b" } });
    await loud.waitFor("Matched-Stub-Name: the stub");
    expect(loud.errors()).toContain(">>> POST /hello HTTP/1.1\n");
    expect(loud.errors()).toMatch(/x-a: b\n/i);
    expect(loud.errors()).toContain("what was sent\ufffd[2J");
  });

  test("reads changed stubs again, and keeps the old ones while the new are wrong", async () => {
    put("mappings/a.json", '{"request": {"url": "/x"}, "response": {"body": "old"}}');
    const mock = await runCommand(["--port", "0", "--dir", root, "--watch"]);
    const added = { request: { url: "/added" }, response: { body: "by hand" } };
    await fetch(`http://localhost:${mock.port}/__admin/mappings`, { method: "POST", body: JSON.stringify(added) });
    put("mappings/a.json", '{"request": {"ur": "/x"}}');
    await mock.waitFor("did you mean");
    expect(await (await fetch(`http://localhost:${mock.port}/x`)).text()).toBe("old");
    put("mappings/a.json", '{"request": {"url": "/x"}, "response": {"body": "new"}}');
    await mock.waitFor("read again: 2 stubs");
    expect(await (await fetch(`http://localhost:${mock.port}/x`)).text()).toBe("new");
    expect(await (await fetch(`http://localhost:${mock.port}/added`)).text()).toBe("by hand");
    expect(await (await fetch(`http://localhost:${mock.port}/__admin/requests`)).json()).toMatchObject({ meta: { total: 3 } });
    rmSync(join(root, "mappings/a.json"));
    await mock.waitFor("read again: one stub");
  });

  test("watches a folder of stubs that does not exist yet", async () => {
    const mock = await runCommand(["--port", "0", "--dir", root, "--watch"]);
    put("mappings/deep/a.yaml", "request: {url: /x}\nresponse: {body: here}\n");
    await mock.waitFor("read again: one stub");
    expect(await (await fetch(`http://localhost:${mock.port}/x`)).text()).toBe("here");
  });

  test("reads a changed OpenAPI document again, with the files it refers to", async () => {
    const document = (schema: string) => `openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /x:
    get:
      responses:
        "200": {description: ok, content: {application/json: {schema: ${schema}}}}
`;
    put("api/api.yaml", document("{const: old}"));
    put("api/word.json", '{"const": "new"}');
    const mock = await runCommand(["--port", "0", "--openapi", join(root, "api/api.yaml"), "--watch"]);
    const said = async () => (await fetch(`http://localhost:${mock.port}/x`)).json();
    expect(await said()).toBe("old");
    put("api/api.yaml", document("{$ref: nowhere.json}"));
    await mock.waitFor("nowhere.json");
    expect(await said()).toBe("old");
    put("api/api.yaml", document("{$ref: word.json}"));
    await mock.waitFor("read again");
    expect(await said()).toBe("new");
    put("api/word.json", '{"const": "newer"}');
    await expect.poll(said, { timeout: 20_000 }).toBe("newer");
  });

  test("writes what it fetches from another system as stubs, at once", async () => {
    const other = await serve((_, response) => response.setHeader("Content-Type", "text/plain").end("from afar"));
    try {
      const mock = await runCommand(["--port", "0", "--dir", root, "--proxy-all", other.url, "--record-mappings"]);
      expect(await (await fetch(`http://localhost:${mock.port}/far`)).text()).toBe("from afar");
      const [file = ""] = readdirSync(join(root, "mappings"));
      const stub = JSON.parse(readFileSync(join(root, "mappings", file), "utf8"));
      expect(stub).toMatchObject({ request: { url: "/far", method: "GET" }, response: { headers: { "Content-Type": "text/plain" } } });
      expect(readFileSync(join(root, "__files", stub.response.bodyFileName), "utf8")).toBe("from afar");
      expect(await mock.end()).toEqual({ code: 0, signal: null });
    } finally {
      await other.close();
    }
  });

  test("says which flags of WireMock have no effect here, and goes on", async () => {
    const mock = await runCommand(["--port", "0", "--container-threads", "20", "--async-response-enabled", "true", "--disable-banner"]);
    expect(mock.errors()).toContain("--container-threads has no effect");
    expect(mock.errors()).toContain("--async-response-enabled has no effect");
    expect(mock.errors()).toContain("--disable-banner has no effect");
  });

  test("a port that is taken is a Problem with a way out, and 3", async () => {
    const taken = createSocket();
    await new Promise<void>((resolve) => taken.listen(0, resolve));
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    const { status, stderr } = commandResult(["--port", port]);
    await new Promise((resolve) => taken.close(resolve));
    expect(status).toBe(3);
    expect(stderr).toContain(port);
    expect(stderr).toContain("fix: ");
    expect(stderr).not.toContain("bug");
  });
});

describe("mistakes", () => {
  test("in stubs and documents are all told at once, and end it with 2", () => {
    put("mappings/a.json", '{\n  "request": {"ur": "/x"}\n}');
    put("mappings/b.yaml", "request: {url: /x}\nresponse: {status: often}\n");
    for (const args of [
      ["--port", "0", "--dir", root],
      ["check", "--dir", root],
    ]) {
      const { status, stdout, stderr } = commandResult(args);
      expect(status).toBe(2);
      const said = stdout + stderr;
      expect(said).toContain(`${root}/mappings/a.json:2:15 request.ur: `);
      expect(said).toContain(`${root}/mappings/b.yaml:2:12 response.status: `);
    }
  });

  test("in flags end it with 2 and say what to write", () => {
    for (const [args, advice] of [
      [["--port", "abc"], "from 0 to 65535"],
      [["--disable-http"], "add --https-port"],
    ] as const) {
      const { status, stdout, stderr } = commandResult(args, { cwd: root });
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(advice);
    }
  });

  test("are told to machines as JSON as well", () => {
    const { status, stdout } = commandResult(["--strict", "--json"], { cwd: root });
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ problem: { code: "flags-contradict", fix: "add --openapi" } });
  });
});

describe("dojang-mock check", () => {
  test("counts what is right, and ends with 0", () => {
    put("mappings/a.json", '{"mappings": [{"request": {"url": "/x"}}, {"request": {"url": "/y"}}]}');
    const { status, stdout } = commandResult(["check", "--dir", root]);
    expect([status, stdout]).toEqual([0, "ok: 2 stubs in 1 file, 0 errors, 0 warnings\n"]);
  });

  test("tells machines everything", () => {
    put("mappings/a.json", '{"request": {"ur": "/x"}}');
    const { status, stdout } = commandResult(["check", "--dir", root, "--json"]);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, files: 1, stubs: 0, findings: [{ code: "unknown-field", place: { line: 1 } }] });
  });

  test("warns of bodies that are not there", () => {
    put("__files/hello.json", "{}");
    put(
      "mappings/a.json",
      JSON.stringify({
        mappings: [
          { response: { bodyFileName: "hello.json" } },
          { response: { bodyFileName: "{{request.path.[0]}}" } },
          { responses: [{ status: 200 }, { bodyFileName: "helo.json" }] },
        ],
      }),
    );
    const { status, stdout } = commandResult(["check", "--dir", root]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      `warning: ${root}/mappings/a.json mappings[2].responses[1].bodyFileName: there is no file "helo.json" below __files; did you mean "hello.json"?`,
    );
    expect(stdout).toContain("3 stubs in 1 file, 0 errors, 1 warning");
  });

  test("refuses to look at nothing", () => {
    const { status, stderr } = commandResult(["check"], { cwd: root });
    expect(status).toBe(2);
    expect(stderr).toContain("--dir stubs");
  });

  test("names the file of a stub that breaks the document, and a document that is none", () => {
    put(
      "api.yaml",
      "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths:\n  /x:\n    get:\n      responses:\n        '200': {description: ok}\n",
    );
    put("mappings/a.json", '{"request": {"method": "GET", "url": "/x"}, "response": {"status": 500}}');
    const broken = commandResult(["check", "--dir", root, "--openapi", join(root, "api.yaml")]);
    expect(broken.status).toBe(2);
    expect(broken.stdout).toContain(`${root}/mappings/a.json response.status: `);
    const started = commandResult(["--port", "0", "--dir", root, "--openapi", join(root, "api.yaml")]);
    expect(started.status).toBe(2);
    expect(started.stderr).toContain(`${root}/mappings/a.json response.status: `);
    const none = commandResult(["check", "--openapi", join(root, "nowhere.yaml")]);
    expect(none.status).toBe(2);
    expect(none.stdout).toContain("nowhere.yaml");
  });
});

test("--version and --help end with 0", () => {
  expect(commandResult(["--version"])).toMatchObject({ status: 0, stdout: expect.stringContaining("3.13.2") });
  expect(commandResult(["--help"])).toMatchObject({ status: 0, stdout: expect.stringContaining("Examples:") });
  expect(commandResult(["check", "--help"])).toMatchObject({ status: 0, stdout: expect.stringContaining("Example:") });
});

function put(name: string, text: string): void {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function serve(handle: Parameters<typeof createServer>[1]): Promise<{ url: string; close: () => Promise<void> }> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
