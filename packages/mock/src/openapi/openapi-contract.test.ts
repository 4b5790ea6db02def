import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { answerOf, api, apiOf, ask, contractOf, contractOfFixture, fixtures, judged } from "./testing/contract-of.ts";

const key = { "X-Api-Key": "k" };

describe("answers from a document", () => {
  test("are its examples, else samples that depend on the seed, the operation and the path", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    expect((await answerOf(contract, ask("GET /v1/pets/1"))).body).toEqual({
      id: 1,
      name: "Mimi",
      status: "available",
      tags: [{ name: "calm" }],
    });
    const sample = async (seed: number, url: string) =>
      (await answerOf(await contractOfFixture("petstore.yaml", { seed }), ask(`GET ${url}`, key))).body;
    expect(await sample(1, "/v1/pets/mine")).toEqual(await sample(1, "/v1/pets/mine"));
    expect(await sample(1, "/v1/pets/mine")).not.toEqual(await sample(2, "/v1/pets/mine"));
    const events = await contractOfFixture("payments.yaml");
    const event = async (id: string) => (await answerOf(events, ask(`GET /v1/events/${id}`))).body;
    expect(await event("a")).toEqual(await event("a"));
    expect(await event("a")).not.toEqual(await event("b"));
  });

  test("have the lowest 2xx status, else default, else the lowest", async () => {
    const responses = (...codes: string[]) => ({
      get: { responses: Object.fromEntries(codes.map((code) => [code, { description: code }])) },
    });
    const contract = await contractOf(
      api({
        "/a": responses("default", "404", "202", "201"),
        "/b": responses("404", "default"),
        "/c": responses("503", "302"),
        "/d": responses("2XX"),
        "/e": responses("2XX", "204"),
        "/f": { get: {} },
      }),
    );
    const status = async (name: string) => (await answerOf(contract, ask(`GET /${name}`))).status;
    expect(await Promise.all(["a", "b", "c", "d", "e", "f"].map(status))).toEqual([201, 200, 302, 200, 204, 200]);
  });

  test("have the declared headers, sampled or shown", async () => {
    const charge = await answerOf(await contractOfFixture("payments.yaml"), ask("POST /v1/charges"));
    expect(charge.headers["request-id"]).toMatch(/^req_[A-Za-z0-9]{14}$/);
    const issues = await answerOf(await contractOfFixture("forge.yaml"), ask("GET /repos/a/b/issues"));
    expect(issues.headers.link).toBe('<https://api.forge.example/resource?page=2>; rel="next"');
    expect(Number(issues.headers["x-ratelimit-remaining"])).toBeLessThanOrEqual(5000);
  });

  test("follow Prefer: status, example and chance, and say what was applied", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const prefer = (value: string, url = "/v1/pets/7") => answerOf(contract, ask(`GET ${url}`, { ...key, Prefer: value }));
    expect(await prefer("code=404")).toMatchObject({
      status: 404,
      body: { title: "No such pet" },
      headers: { "preference-applied": "code=404", "content-type": "application/problem+json" },
    });
    expect(await prefer('example="dog", unknown=1')).toMatchObject({
      status: 200,
      body: { name: "Rex" },
      headers: { "preference-applied": "example=dog" },
    });
    expect(await prefer("example=dog; code=200")).toMatchObject({
      body: { name: "Rex" },
      headers: { "preference-applied": "code=200, example=dog" },
    });
    expect(await prefer("example=cow")).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining("there are: cat, dog, far") },
    });
    expect(await prefer("example=far")).toMatchObject({ status: 404, body: { detail: expect.stringContaining("nothing is fetched") } });
    expect(await prefer("code=418")).toMatchObject({
      status: 404,
      body: { detail: "GET /pets/{petId} does not declare 418; declared: 200, 404." },
    });
    expect(await prefer("code=503", "/v1/pets")).toMatchObject({ status: 503, headers: { "content-type": "application/problem+json" } });
    expect(await prefer("code=nonsense")).toMatchObject({ status: 200, body: { name: "Mimi" } });
  });

  test("by chance differ from one to the next, are valid, and begin anew after a reset", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const request = ask("GET /v1/pets", { ...key, Prefer: "dynamic=true" });
    const three = async () => [await answerOf(contract, request), await answerOf(contract, request), await answerOf(contract, request)];
    const first = await three();
    expect(new Set(first.map(({ body }) => JSON.stringify(body))).size).toBe(3);
    expect(first.flatMap((answer) => judged(contract, request, answer))).toEqual([]);
    contract.reset();
    expect((await three()).map(({ body }) => body)).toEqual(first.map(({ body }) => body));
  });

  test("are written in the type that is accepted", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const pets = async (accept: string) => answerOf(contract, ask("GET /v1/pets", { ...key, Accept: accept }));
    expect((await pets("application/xml")).body).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<pets><pet id="\d+">.*<\/pet><\/pets>$/s,
    );
    expect((await pets("application/xml;q=0.5, application/*")).headers["content-type"]).toBe("application/json");
    expect((await answerOf(contract, ask("GET /v1/pets/1/photo", { ...key, Accept: "image/webp" }))).headers["content-type"]).toBe(
      "image/webp",
    );
    expect((await answerOf(contract, ask("GET /v1/report.csv", key))).body).toMatch(/^[a-z]+(,[a-z]+)*$/);
    expect((await answerOf(contract, ask("POST /v1/pets/1/photo", key))).body).toBe("queued");
  });

  test("to HEAD are those to GET without a body, and OPTIONS says what there is", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const head = await answerOf(contract, ask("HEAD /v1/pets", key));
    expect(head).toMatchObject({ status: 200, headers: { "content-type": "application/json", "x-total-count": expect.anything() } });
    expect(head.bytes).toHaveLength(0);
    expect(judged(contract, ask("HEAD /v1/pets", key), head)).toEqual([]);
    expect(await answerOf(contract, ask("OPTIONS /v1/pets"))).toMatchObject({ status: 204, headers: { allow: "GET, POST, OPTIONS" } });
    expect(contract.declares(ask("OPTIONS /v1/nothing"))).toBe(false);
  });

  test("that cannot be made up say so and what to do", async () => {
    const contract = await contractOf(apiOf({ type: "object", required: ["a"], properties: { a: false } }));
    expect(await answerOf(contract, ask("POST /things", {}, {}))).toMatchObject({
      status: 500,
      body: { detail: expect.stringContaining("Add an `example` to api.yaml#/paths/~1things/post") },
    });
  });
});

describe("strict mode", () => {
  test("a violation is the answer, with every place and rule", async () => {
    const contract = await contractOfFixture("petstore.yaml", { mode: "strict" });
    const answer = await answerOf(contract, ask("POST /v1/pets", key, { name: 5, status: "lost" }));
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.body).toEqual({
      title: "The request breaks the contract.",
      status: 400,
      detail: "POST /pets: body/name must be string, got 5, and 1 more.",
      violations: [
        { at: "body/name", message: "must be string, got 5", rule: "petstore.yaml#/components/schemas/NewPet/properties/name/type" },
        {
          at: "body/status",
          message: 'must be one of "available", "pending", "sold", got "lost"',
          rule: "petstore.yaml#/components/schemas/Status/enum",
        },
      ],
    });
  });

  test("each kind has its status: 401, 415, 422 or what is declared of 422 and 400, 406", async () => {
    const contract = await contractOfFixture("petstore.yaml", { mode: "strict" });
    const status = async (...request: Parameters<typeof ask>) => (await answerOf(contract, ask(...request))).status;
    expect(await status("GET /v1/pets?limit=x")).toBe(401);
    expect(await status("POST /v1/pets", { ...key, "Content-Type": "text/plain" }, "hi")).toBe(415);
    expect(await status("GET /v1/pets?limit=x", key)).toBe(422);
    expect(await status("POST /v1/pets", key, {})).toBe(400);
    expect(await status("GET /v1/pets", { ...key, Accept: "text/html" })).toBe(406);
    expect(await status("GET /v1/pets", key)).toBe(200);
    const answer = await answerOf(contract, ask("DELETE /v1/pets/1"));
    expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": 'Basic realm="mock"' } });
  });

  test("what is not declared is 404 or 405, with the nearest that is", async () => {
    const contract = await contractOfFixture("petstore.yaml", { mode: "strict" });
    expect(await answerOf(contract, ask("GET /v1/pet"))).toMatchObject({ status: 404, body: { nearest: "GET, POST /v1/pets" } });
    expect(await answerOf(contract, ask("GET /pets"))).toMatchObject({ status: 404, body: { nearest: "GET, POST /v1/pets" } });
    expect(await answerOf(contract, ask("PATCH /v1/pets/1"))).toMatchObject({ status: 405, headers: { allow: "GET, DELETE" } });
    expect(contract.declares(ask("PATCH /v1/pets/1"))).toBe(false);
  });
});

describe("lenient mode", () => {
  test("answers as if nothing was wrong, and tells the violations", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const request = ask("GET /v1/pets?limit=x", { Accept: "text/html" });
    expect((await answerOf(contract, request)).headers["content-type"]).toBe("application/json");
    expect(contract.validateRequest(request).map(({ at }) => at)).toEqual(["header.x-api-key", "query.limit", "header.accept"]);
  });

  test("has nothing to say about what is not declared", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    for (const request of [ask("GET /elsewhere"), ask("PATCH /v1/pets")]) {
      expect(await contract.respond(request)).toBeUndefined();
      expect(contract.validateRequest(request)).toEqual([]);
      expect(contract.declares(request)).toBe(false);
    }
  });
});

describe("responses held against the document", () => {
  const response = (status: number, headers: Readonly<Record<string, string>>, body: unknown) => ({
    status,
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  });
  const json = { "content-type": "application/json" };

  test("status, type, body and headers have to be as declared", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const faults = (line: string, ...rest: Parameters<typeof response>) =>
      contract.validateResponse(ask(line), response(...rest)).map(({ at, message }) => `${at} ${message}`);
    expect(faults("GET /v1/pets/1", 200, json, { id: 1, name: "a" })).toEqual([]);
    expect(faults("GET /v1/pets/1", 201, json, {})).toEqual(["status 201 is not declared by GET /pets/{petId}; declared: 200, 404"]);
    expect(faults("GET /v1/pets/1", 200, { "content-type": "text/html" }, "<p>")).toEqual([
      'header.content-type must be one of application/json, got "text/html"',
    ]);
    expect(faults("GET /v1/pets/1", 200, json, { name: "a" })).toEqual(['body "id" is missing']);
    expect(faults("GET /v1/pets/1", 200, json, "{")[0]).toMatch(/^body is not JSON/);
    expect(faults("GET /v1/pets/1", 200, json, "")).toEqual(["body is missing"]);
    expect(faults("GET /v1/pets/1", 200, {}, { id: 1, name: "a" })).toEqual([]);
    expect(faults("GET /v1/pets", 200, json, [])).toEqual(["header.x-total-count is missing"]);
    expect(faults("GET /v1/pets", 200, { ...json, "x-total-count": "-1" }, [])).toEqual(["header.x-total-count must be >= 0, got -1"]);
    expect(faults("GET /v1/pets", 500, { "content-type": "application/problem+json" }, { status: 200 })).toEqual([
      'body "title" is missing',
      "body/status must be >= 400, got 200",
    ]);
    expect(faults("DELETE /v1/pets/1", 204, {}, "")).toEqual([]);
    expect(faults("GET /elsewhere", 500, {}, "")).toEqual([]);
  });

  test("what is writeOnly is never sent back", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    expect(contract.validateResponse(ask("GET /v1/pets/1"), response(200, json, { id: 1, name: "a", secret: "x" }))).toEqual([
      {
        side: "response",
        at: "body/secret",
        message: "is writeOnly: it is never sent in a response",
        rule: "petstore.yaml#/components/schemas/NewPet/properties/secret",
      },
    ]);
  });
});

describe("every answer of every fixture is as its document says", () => {
  const urls: Readonly<Record<string, readonly string[]>> = {
    "petstore.yaml": [
      "GET /v1/pets",
      "POST /v1/pets",
      "GET /v1/pets/mine",
      "GET /v1/pets/5",
      "DELETE /v1/pets/5",
      "GET /v1/pets/5/photo",
      "PUT /v1/pets/5/photo",
      "POST /v1/pets/5/photo",
      "GET /v1/report.csv",
    ],
    "payments.yaml": [
      "GET /v1/charges",
      "POST /v1/charges",
      "GET /v1/charges/ch_12345678",
      "POST /v1/charges/ch_12345678:capture",
      "GET /v1/events/1",
    ],
    "mail/openapi.json": [
      "GET /api/messages",
      "POST /api/messages",
      "GET /api/messages/4f0ddcf2-7d5b-4f2a-9d3e-0a4b8c1d2e3f",
      "DELETE /api/messages/4f0ddcf2-7d5b-4f2a-9d3e-0a4b8c1d2e3f",
      "GET /api/health",
    ],
    "forge.yaml": ["GET /repos/a/b/issues", "GET /repos/a/b/events", "GET /repos/a/b/contents/c", "GET /search/code?q=a"],
  };
  const accepts = ["*/*", "application/xml, */*;q=0.1", "application/vnd.forge.object+json, */*;q=0.1"];
  const codes = [undefined, 200, 201, 202, 204, 301, 400, 402, 404, 429, 500];

  test.each(Object.keys(urls))("%s", async (fixture) => {
    let answered = 0;
    for (const seed of [1, 2, 3]) {
      const contract = await contractOfFixture(fixture, { seed });
      for (const line of urls[fixture] ?? []) {
        expect(contract.declares(ask(line)), line).toBe(true);
        for (const code of codes) {
          for (const dynamic of ["false", "true", "true", "true"]) {
            for (const accept of accepts) {
              const prefer = [...(code === undefined ? [] : [`code=${code}`]), `dynamic=${dynamic}`].join(", ");
              const request = ask(line, { Accept: accept, Prefer: prefer });
              const answer = await answerOf(contract, request);
              if (JSON.stringify(answer.body).includes("There is no such response")) continue;
              answered++;
              expect(answer.status, JSON.stringify(answer.body)).toBe(code ?? answer.status);
              expect(judged(contract, request, answer), `${line} ${prefer} seed ${seed}: ${JSON.stringify(answer.body)}`).toEqual([]);
            }
          }
        }
      }
    }
    expect(answered).toBeGreaterThan(100);
  });

  test("no fixture is left out", () => {
    const documents = readdirSync(fixtures).filter((name) => name !== "todos.yaml");
    expect(documents.sort()).toEqual(
      Object.keys(urls)
        .map((name) => path.dirname(name).replace(/^\.$/, "") || name)
        .sort(),
    );
  });
});
