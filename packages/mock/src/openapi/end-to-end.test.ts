import { request as httpRequest } from "node:http";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { MockOptions, MockServer } from "../contract.ts";
import { startMock } from "../serving/start-mock.ts";
import { fixtures, folderOf } from "./testing/contract-of.ts";

async function start(options: MockOptions): Promise<MockServer> {
  const server = await startMock({ listen: { port: 0, address: "127.0.0.1" }, ...options });
  onTestFinished(() => server.close());
  return server;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** One request over a socket; a body is sent as JSON, and an answer of JSON is parsed. */
function ask(server: MockServer, line: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  const [method, url] = line.split(" ", 2);
  return new Promise((resolve, reject) => {
    const sent = body === undefined ? headers : { "Content-Type": "application/json", ...headers };
    const request = httpRequest({ port: server.port, host: "127.0.0.1", path: url, method, headers: sent, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject);
      response.on("end", () => {
        const json = /json/.test(String(response.headers["content-type"])) && text !== "";
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: json ? JSON.parse(text) : text });
      });
    });
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function statuses(server: MockServer, line: string, count: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (let at = 0; at < count; at++) found.push((await ask(server, line)).status);
  return found;
}

describe("a stub with a sequence of responses", () => {
  const poll = { request: { method: "GET", urlPath: "/job" }, responses: [{ status: 202 }, { status: 202 }, { status: 200 }] };

  test("gives one after another, then the last again, the first again, or nothing", async () => {
    const server = await start({});
    const sequence = async (url: string, afterLast?: string) => {
      const stub = { ...poll, request: { method: "GET", urlPath: url }, ...(afterLast !== undefined && { afterLast }) };
      expect((await ask(server, "POST /__admin/mappings", stub)).status).toBe(201);
      return statuses(server, `GET ${url}`, 5);
    };
    expect(await sequence("/a")).toEqual([202, 202, 200, 200, 200]);
    expect(await sequence("/b", "last")).toEqual([202, 202, 200, 200, 200]);
    expect(await sequence("/c", "first")).toEqual([202, 202, 200, 202, 202]);
    expect(await sequence("/d", "unmatched")).toEqual([202, 202, 200, 404, 404]);
  });

  test("that ends unmatched leaves the request to the next stub", async () => {
    const server = await start({});
    await ask(server, "POST /__admin/mappings", { priority: 9, request: { urlPath: "/job" }, response: { status: 410 } });
    await ask(server, "POST /__admin/mappings", { ...poll, afterLast: "unmatched" });
    expect(await statuses(server, "GET /job", 5)).toEqual([202, 202, 200, 410, 410]);
  });

  test("begins anew when the mock is reset, and stands in a file as it does in a request", async () => {
    const server = await start({
      directory: folderOf({ "mappings/job.yaml": "request: {method: GET, urlPath: /job}\nresponses: [{status: 503}, {status: 200}]\n" }),
    });
    expect(await statuses(server, "GET /job", 3)).toEqual([503, 200, 200]);
    await ask(server, "POST /__admin/reset");
    expect(await statuses(server, "GET /job", 2)).toEqual([503, 200]);
  });

  test("is refused where only one of the two keys makes sense", async () => {
    const server = await start({});
    const refused = await ask(server, "POST /__admin/mappings", { ...poll, response: { status: 200 } });
    expect(refused).toMatchObject({
      status: 422,
      body: { errors: [{ detail: expect.stringContaining("keep `responses` for a sequence") }] },
    });
    expect((await ask(server, "POST /__admin/mappings", { request: {}, response: {}, afterLast: "first" })).status).toBe(422);
  });

  test("is held against the contract, each response of it", async () => {
    const server = await start({ openapi: [path.join(fixtures, "todos.yaml")] });
    const stub = { request: { method: "DELETE", urlPath: "/todos/1" }, responses: [{ status: 204 }, { status: 409 }] };
    const refused = await ask(server, "POST /__admin/mappings", stub);
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body)).toContain("409 is not declared by DELETE /todos/{id}");
    const onPurpose = { ...stub, metadata: { dojang: { contract: "ignore" } } };
    expect((await ask(server, "POST /__admin/mappings", onPurpose)).status).toBe(201);
    expect(await statuses(server, "DELETE /todos/1", 2)).toEqual([204, 409]);
  });
});

describe("a mock played from a document", () => {
  test("keeps what is created until it is reset", async () => {
    const server = await start({ openapi: [path.join(fixtures, "todos.yaml")], mode: "strict" });
    const created = await ask(server, "POST /todos", { title: "over the wire" });
    expect(created).toMatchObject({ status: 201, headers: { location: "/todos/3" }, body: { id: 3, done: false } });
    expect(await ask(server, "GET /todos?limit=100")).toMatchObject({ headers: { "x-total-count": "3" } });
    expect((await ask(server, "DELETE /todos/3")).status).toBe(204);
    expect(await ask(server, "GET /todos/3")).toMatchObject({ status: 404, body: { error: "no such todo" } });
    await ask(server, "DELETE /todos/1");
    await ask(server, "POST /__admin/reset");
    expect(await ask(server, "GET /todos")).toMatchObject({ headers: { "x-total-count": "2" } });
  });

  test("lets a stub win, and answers the rest itself", async () => {
    const server = await start({ openapi: [path.join(fixtures, "todos.yaml")] });
    const stub = {
      request: { method: "GET", urlPath: "/todos/1" },
      response: { status: 404, headers: { "Content-Type": "application/json" }, jsonBody: { error: "by a stub" } },
    };
    expect((await ask(server, "POST /__admin/mappings", stub)).status).toBe(201);
    expect(await ask(server, "GET /todos/1")).toMatchObject({ status: 404, body: { error: "by a stub" } });
    expect(await ask(server, "GET /todos/2")).toMatchObject({ status: 200, body: { title: "write" } });
    expect((await ask(server, "GET /todos/2", undefined, { Prefer: "code=404" })).headers["preference-applied"]).toBe("code=404");
    expect((await ask(server, "HEAD /todos")).body).toBe("");
    const events = server.world.journal.all().map(({ answeredBy }) => answeredBy);
    expect(events).toEqual(["contract", "contract", "contract", "stub"]);
  });

  test("answers bytes and XML as they are", async () => {
    const server = await start({ openapi: [path.join(fixtures, "petstore.yaml")] });
    const xml = await ask(server, "GET /v1/pets", undefined, { Accept: "application/xml" });
    expect(xml.headers["content-type"]).toBe("application/xml");
    expect(xml.body).toMatch(/^<\?xml .*<\/pets>$/s);
    expect((await ask(server, "GET /v1/pets/1/photo", undefined, { Accept: "image/png" })).headers["content-type"]).toBe("image/png");
  });

  test("does not begin when a document is wrong", async () => {
    const folder = folderOf({
      "api.yaml": "openapi: 3.0.0\npaths:\n  /a:\n    get: {responses: {200: {$ref: '#/components/responses/No'}}}\n",
    });
    await expect(startMock({ listen: { port: 0 }, openapi: [path.join(folder, "api.yaml")] })).rejects.toMatchObject({
      code: "openapi-document",
      exitCode: 2,
      findings: [{ code: "ref-unknown", place: { line: 4, path: "#/paths/~1a/get/responses/200" } }],
    });
  });
});
