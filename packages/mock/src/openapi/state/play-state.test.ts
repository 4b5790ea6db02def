import { describe, expect, test } from "vitest";
import { answerOf, api, ask, contractOf, contractOfFixture, findingsOf, judged } from "../testing/contract-of.ts";

type Contract = Awaited<ReturnType<typeof contractOf>>;

/** Asks one after another; every answer has to be as the document says. */
async function play(contract: Contract, line: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const request = ask(line, headers, body);
  const answer = await answerOf(contract, request);
  expect(judged(contract, request, answer), line).toEqual([]);
  return answer;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("a collection that keeps what is created", () => {
  test("begins with the examples of its listing", async () => {
    const contract = await contractOfFixture("todos.yaml");
    const listed = await play(contract, "GET /todos");
    expect(listed.body).toMatchObject([
      { id: 1, title: "read" },
      { id: 2, title: "write" },
    ]);
    expect(listed.headers["x-total-count"]).toBe("2");
    expect((await play(contract, "GET /todos/2")).body).toMatchObject({ title: "write" });
  });

  test("creates with an id of its own, defaults, and what the service sets; says where", async () => {
    const contract = await contractOfFixture("todos.yaml");
    const created = await play(contract, "POST /todos", { id: 99, title: "sing", secret: "s", createdAt: "2020-01-01T00:00:00Z" });
    expect(created).toMatchObject({ status: 201, headers: { location: "/todos/3" }, body: { id: 3, title: "sing", done: false } });
    expect(created.body).not.toHaveProperty("secret");
    expect(created.body).not.toMatchObject({ createdAt: "2020-01-01T00:00:00Z" });
    expect((await play(contract, "GET /todos/3")).body).toEqual(created.body);
    expect((await play(contract, "POST /todos", { title: "again" })).body).toMatchObject({ id: 4 });
  });

  test("replaces, changes and removes; an id is not given twice", async () => {
    const contract = await contractOfFixture("todos.yaml");
    const before = (await play(contract, "GET /todos/1")).body;
    expect((await play(contract, "PUT /todos/1", { title: "new", done: false, note: "n" })).body).toEqual({
      ...Object(before),
      title: "new",
      done: false,
      note: "n",
    });
    expect((await play(contract, "PUT /todos/1", { title: "newer", done: true })).body).not.toHaveProperty("note");
    expect((await play(contract, "PATCH /todos/1", { note: "x", id: 7 })).body).toMatchObject({ id: 1, title: "newer", note: "x" });
    expect((await play(contract, "PATCH /todos/1", { note: null })).body).toMatchObject({ note: null });
    const merge = { "Content-Type": "application/merge-patch+json" };
    expect((await play(contract, "PATCH /todos/1", { note: null }, merge)).body).not.toHaveProperty("note");
    await play(contract, "POST /todos", { title: "last" });
    expect(await play(contract, "DELETE /todos/3")).toMatchObject({ status: 204, bytes: Buffer.alloc(0) });
    expect((await play(contract, "POST /todos", { title: "after" })).body).toMatchObject({ id: 4 });
  });

  test("answers what is not there as the document declares it", async () => {
    const contract = await contractOfFixture("todos.yaml");
    for (const line of ["GET /todos/9", "PUT /todos/9", "PATCH /todos/9", "DELETE /todos/9"]) {
      expect(await play(contract, line, line.startsWith("P") ? { title: "x", done: true } : undefined)).toMatchObject({
        status: 404,
        body: { error: "no such todo" },
      });
    }
  });

  test("filters by declared parameters that are properties, and pages by limit and offset", async () => {
    const contract = await contractOfFixture("todos.yaml");
    for (const title of ["a", "b", "c"]) await play(contract, "POST /todos", { title });
    const titles = async (query: string) => {
      const { body, headers } = await play(contract, `GET /todos${query}`);
      return `${
        JSON.stringify(body)
          .match(/"title":"\w+"/g)
          ?.map((each) => each.slice(9, -1))
          .join(" ") ?? ""
      } of ${headers["x-total-count"]}`;
    };
    expect(await titles("")).toBe("read write a of 5");
    expect(await titles("?limit=2&offset=3")).toBe("b c of 5");
    expect(await titles("?done=true")).toBe("read of 1");
    expect(await titles("?done=false&title=b")).toBe("b of 1");
    expect(await titles("?title=none&sort=title")).toBe(" of 0");
  });

  test("refuses bodies that make no entity, in lenient mode too, and keeps nothing of them", async () => {
    const contract = await contractOfFixture("todos.yaml");
    const refused = await answerOf(contract, ask("POST /todos", {}, { title: "" }));
    expect(refused).toMatchObject({
      status: 422,
      body: {
        violations: expect.arrayContaining([
          {
            at: "body/title",
            message: 'must have at least 1 characters, got ""',
            rule: "todos.yaml#/components/schemas/Todo/properties/title/minLength",
          },
        ]),
      },
    });
    expect(await answerOf(contract, ask("POST /todos", {}, [1]))).toMatchObject({
      status: 422,
      body: { detail: "POST /todos: body must be an object." },
    });
    expect(await answerOf(contract, ask("PATCH /todos/1", {}, { title: 5 }))).toMatchObject({ status: 422 });
    expect(await answerOf(contract, ask("PATCH /todos/1", { "Content-Type": "application/json-patch+json" }, "[]"))).toMatchObject({
      status: 501,
    });
    expect((await play(contract, "GET /todos?limit=100")).body).toHaveLength(2);
    expect((await play(contract, "GET /todos/1")).body).toMatchObject({ title: "read" });
  });

  test("is as it was at the beginning after a reset", async () => {
    const contract = await contractOfFixture("todos.yaml");
    const first = (await play(contract, "POST /todos", { title: "a" })).body;
    await play(contract, "DELETE /todos/1");
    contract.reset();
    expect((await play(contract, "GET /todos")).body).toHaveLength(2);
    expect((await play(contract, "POST /todos", { title: "a" })).body).toEqual(first);
  });

  test("leaves alone what Prefer asks for, and paths that are no collection", async () => {
    const contract = await contractOfFixture("todos.yaml");
    expect((await play(contract, "GET /todos/1", undefined, { Prefer: "code=404" })).status).toBe(404);
    expect((await play(contract, "POST /todos/1/archive")).status).toBe(202);
    expect((await play(contract, "HEAD /todos")).headers["x-total-count"]).toBe("2");
  });
});

describe("collections of other shapes", () => {
  test("entities in an envelope, listings in another, ids that are text", async () => {
    const contract = await contractOfFixture("todos.yaml");
    const created = await play(contract, "POST /users/ada/notes", { text: "one" });
    expect(created.body).toMatchObject({ data: { noteId: expect.stringMatching(uuid), text: "one" } });
    const { noteId } = Object(created.body).data;
    expect((await play(contract, `GET /users/ada/notes/${noteId}`)).body).toMatchObject({ data: { text: "one" } });
    expect((await play(contract, "GET /users/ada/notes")).body).toEqual({ items: [{ noteId }], total: 1, has_more: false, next: null });
    expect((await play(contract, "GET /users/bob/notes")).body).toEqual({ items: [], total: 0, has_more: false, next: null });
    expect((await play(contract, `DELETE /users/ada/notes/${noteId}`)).body).toEqual({ deleted: true });
    expect((await answerOf(contract, ask(`GET /users/ada/notes/${noteId}`))).status).toBe(404);
  });

  test("PUT creates where 201 is declared; ids that a caller may choose are taken once", async () => {
    const contract = await contractOfFixture("todos.yaml");
    const id = "4f0ddcf2-7d5b-4f2a-9d3e-0a4b8c1d2e3f";
    expect(await play(contract, `PUT /users/ada/notes/${id}`, { text: "new" })).toMatchObject({
      status: 201,
      body: { data: { noteId: id, text: "new" } },
    });
    expect((await play(contract, `PUT /users/ada/notes/${id}`, { text: "newer" })).status).toBe(204);
    expect((await answerOf(contract, ask("POST /users/ada/notes", {}, { noteId: id, text: "x" }))).status).toBe(409);
    expect((await play(contract, "POST /users/bob/notes", { noteId: id, text: "x" })).status).toBe(201);
  });

  test("bodies of forms make entities", async () => {
    const contract = await contractOfFixture("todos.yaml");
    const created = await play(contract, "POST /users/ada/notes", "text=hello&pinned=true", {
      "Content-Type": "application/x-www-form-urlencoded",
    });
    expect(created.body).toMatchObject({ data: { text: "hello", pinned: true } });
  });

  test("base paths of servers change nothing", async () => {
    const schema = { type: "object", required: ["id"], properties: { id: { type: "integer" }, a: { type: "string" } } };
    const content = { "application/json": { schema } };
    const contract = await contractOf(
      api(
        {
          "/things": {
            "x-dojang-state": { examples: false },
            post: { responses: { 201: { description: "", headers: { Location: { schema: { type: "string" } } }, content } } },
          },
          "/things/{key}": { get: { responses: { 200: { description: "", content } } } },
        },
        { servers: [{ url: "/v1" }] },
      ),
    );
    expect((await play(contract, "POST /v1/things", { a: "x" })).headers.location).toBe("/v1/things/1");
    expect((await play(contract, "GET /v1/things/1")).body).toEqual({ id: 1, a: "x" });
  });

  test("what is kept is bounded", async () => {
    const contract = await contractOfFixture("todos.yaml");
    const title = "x".repeat(80);
    const tags = Array.from({ length: 20_000 }, () => "y".repeat(100));
    let status = 201;
    for (let count = 0; count < 20 && status === 201; count++)
      status = (await answerOf(contract, ask("POST /todos", {}, { title, tags }))).status;
    expect(status).toBe(507);
    contract.reset();
    expect((await answerOf(contract, ask("POST /todos", {}, { title }))).status).toBe(201);
  });
});

test("collections of parents that are only looked at leave nothing behind", async () => {
  const contract = await contractOfFixture("todos.yaml");
  for (let parent = 0; parent < 12_000; parent++) {
    await contract.respond(ask(`GET /users/p${parent}/notes`));
    await contract.respond(ask(`DELETE /users/p${parent}/notes/x`));
    await contract.respond(ask(`POST /users/p${parent}/notes`, {}, []));
  }
  expect((await answerOf(contract, ask("POST /users/ada/notes", {}, { text: "x" }))).status).toBe(201);
});

describe("x-dojang-state", () => {
  const content = (schema: unknown) => ({ description: "", content: { "application/json": { schema } } });
  const thing = { type: "object", properties: { name: { type: "string" }, code: { type: "string" } } };
  const paths = (state: unknown, listing: unknown = { type: "array", items: thing }) => ({
    "/things": { ...(state !== undefined && { "x-dojang-state": state }), get: { responses: { 200: content(listing) } } },
    "/things/{key}": { get: { responses: { 200: content(thing) } } },
  });

  test("may name every part, at the top or at the path", async () => {
    const top = { "x-dojang-state": { collection: "/things", item: "/things/{key}", id: "code" } };
    for (const document of [
      api(paths(undefined), top),
      api(paths({ id: "code" })),
      api(paths(undefined), { "x-dojang-state": [top["x-dojang-state"]] }),
    ]) {
      expect((await play(await contractOf(document), "GET /things")).body).toEqual([]);
    }
  });

  test("false keeps a path out of what is inferred; what cannot be inferred is not played", async () => {
    for (const document of [api(paths(false), { "x-dojang-state": true }), api(paths(undefined), { "x-dojang-state": true })]) {
      expect((await play(await contractOf(document), "GET /things")).body).not.toEqual([]);
    }
  });

  test.each([
    [{ id: "nmae" }, 'an entity of /things has no property "nmae"; name one of its properties with `id:`: name, code'],
    [{ itm: "/things/{key}", id: "code" }, 'unknown key "itm"; did you mean "item"?'],
    [{ item: "/thing/{key}", id: "code" }, 'there is no path "/thing/{key}"; did you mean "/things/{key}"?'],
    [{ item: "/things", id: "code" }, "the path of items, /things, does not end in a variable; write it as /todos/{id}"],
    [{ id: "code", list: "items" }, 'the listing of /things has no property "items"; there are no properties here'],
    [
      "yes",
      '`x-dojang-state` must be true, or say which paths it means, got "yes"; write `{ collection: /todos, item: /todos/{id}, id: id }`',
    ],
  ])("%j is refused with the way out", async (state, message) => {
    const findings = await findingsOf(api(paths(state)));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain(message);
  });

  test("lists and entities that cannot be told apart have to be named", async () => {
    const two = { type: "object", properties: { a: { type: "array" }, b: { type: "array" } } };
    expect((await findingsOf(api(paths({ id: "code" }, two))))[0]).toContain(
      "the listing of /things has several lists (a, b); name the property with `list:`",
    );
  });
});
