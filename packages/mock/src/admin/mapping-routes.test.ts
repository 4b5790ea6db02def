import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closeMocksAfterEach, type RunningMock, runMock, stubId } from "./testing/running-mock.ts";

closeMocksAfterEach();

const mappings = "/__admin/mappings";
const notFound = { status: 404, text: "" };

describe("adding a stub", () => {
  test("answers 201 with the stub as it is now, its defaults and its id twice", async () => {
    const { ask } = await runMock();
    const added = await ask("POST", mappings, { name: "One", request: { url: "/one" }, response: { body: "1" }, metadata: { a: 1 } });
    expect(added.status).toBe(201);
    expect(added.headers["content-type"]).toBe("application/json");
    expect(added.json).toEqual({
      id: added.json.uuid,
      name: "One",
      request: { url: "/one", method: "ANY" },
      response: { status: 200, body: "1" },
      uuid: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      metadata: { a: 1 },
    });
    expect((await ask("GET", "/one")).text).toBe("1");
  });

  test("is printed as WireMock prints JSON", async () => {
    const { ask } = await runMock();
    const { text } = await ask("POST", mappings, { id: stubId(1), response: { jsonBody: { a: [], b: {}, c: [1, { d: 2 }] } } });
    expect(text).toBe(
      `{\n  "id" : "${stubId(1)}",\n  "request" : {\n    "method" : "ANY"\n  },\n  "response" : {\n    "status" : 200,\n    "jsonBody" : {\n      "a" : [ ],\n      "b" : { },\n      "c" : [ 1, {\n        "d" : 2\n      } ]\n    }\n  },\n  "uuid" : "${stubId(1)}"\n}`,
    );
  });

  test("refuses an id that is taken", async () => {
    const { ask } = await runMock();
    await ask("POST", mappings, { id: stubId(1), response: { body: "first" } });
    const again = await ask("POST", mappings, { id: stubId(1), response: { body: "second" } });
    expect(again.status).toBe(422);
    expect(again.json).toEqual({
      errors: [{ code: 109, title: "Duplicate stub mapping ID", detail: expect.stringContaining(stubId(1)) }],
    });
    expect((await ask("GET", "/")).text).toBe("first");
  });

  test.each([
    ["", "/", "No content"],
    ["{", undefined, ""],
    ["[]", "/", "[]"],
    ["5", "/", "5"],
    ["null", "/", ""],
    [{ id: "xyz" }, "/id", "xyz"],
    [{ request: { urlPatern: "/x" } }, "/request/urlPatern", "did you mean `urlPattern`?"],
    [{ response: { status: "often" } }, "/response/status", "often"],
  ])("refuses %j and says where and why", async (body, pointer, detail) => {
    const { ask } = await runMock();
    const refused = await ask("POST", mappings, body);
    expect(refused.status).toBe(422);
    expect(refused.headers["content-type"]).toBe("application/json");
    expect(refused.json.errors[0]).toMatchObject({ code: 10, title: "Error parsing JSON", detail: expect.stringContaining(detail) });
    expect(refused.json.errors[0].source.pointer).toBe(pointer);
    expect((await ask("GET", mappings)).json.meta.total).toBe(0);
  });

  test("tells every mistake at once", async () => {
    const { ask } = await runMock();
    const refused = await ask("POST", mappings, { request: { ur: 1, port: "x" }, respons: {} });
    expect(refused.json.errors.map(({ source }: { source: { pointer: string } }) => source.pointer).sort()).toEqual([
      "/request/port",
      "/request/ur",
      "/respons",
    ]);
  });
});

describe("listing stubs", () => {
  test("gives the newest first, and a part of them on demand", async () => {
    const { ask } = await withStubs(4);
    const ids = async (query: string) => (await ask("GET", `${mappings}${query}`)).json.mappings.map(({ id }: { id: string }) => id);
    expect(await ids("")).toEqual([4, 3, 2, 1].map(stubId));
    expect(await ids("?limit=2")).toEqual([4, 3].map(stubId));
    expect(await ids("?limit=2&offset=1")).toEqual([3, 2].map(stubId));
    expect(await ids("?offset=9")).toEqual([]);
    expect(await ids("?limit=0")).toEqual([]);
    expect((await ask("GET", `${mappings}?limit=1`)).json.meta).toEqual({ total: 4 });
    expect((await ask("GET", "/__admin/")).json.meta).toEqual({ total: 4 });
  });

  test.each(["limit=abc", "limit=-1", "limit=", "offset=1.5", "offset=99999999999"])("refuses ?%s", async (query) => {
    const { ask } = await runMock();
    const refused = await ask("GET", `${mappings}?${query}`);
    expect(refused.status).toBe(400);
    expect(refused.json.errors[0].source.pointer).toBe(query.split("=")[0]);
  });
});

describe("one stub", () => {
  test("is got, replaced and removed by its id", async () => {
    const { ask } = await withStubs(2);
    expect((await ask("GET", `${mappings}/${stubId(1)}`)).json.request.url).toBe("/1");
    expect((await ask("GET", `${mappings}/1-0-4000-8000-0`)).json.request.url).toBe("/1");
    const replaced = await ask("PUT", `${mappings}/${stubId(1)}`, { id: stubId(9), request: { url: "/new" } });
    expect(replaced.status).toBe(200);
    expect(replaced.json).toMatchObject({ id: stubId(1), uuid: stubId(1), request: { url: "/new" } });
    const removed = await ask("DELETE", `${mappings}/${stubId(1)}`);
    expect([removed.status, removed.text, removed.headers["content-type"]]).toEqual([200, "{}", "application/json"]);
    expect((await ask("GET", mappings)).json.meta.total).toBe(1);
  });

  test.each(["GET", "PUT", "DELETE"])("that does not exist is 404 without a body: %s", async (method) => {
    const { ask } = await runMock();
    const answer = await ask(method, `${mappings}/${stubId(9)}`, method === "PUT" ? "{" : undefined);
    expect(answer).toMatchObject(notFound);
    expect(answer.headers["content-type"]).toBeUndefined();
  });

  test.each(["GET", "PUT", "DELETE"])("with an id that is none is 400: %s", async (method) => {
    const { ask } = await runMock();
    const answer = await ask(method, `${mappings}/abc`, method === "PUT" ? "{}" : undefined);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ errors: [{ code: 10, title: "abc is not a valid UUID" }] });
  });

  test("is edited by the id of the body, as clients of WireMock 2 do", async () => {
    const { ask } = await withStubs(1);
    expect((await ask("POST", `${mappings}/edit`, { id: stubId(1), response: { body: "edited" } })).status).toBe(204);
    expect((await ask("GET", "/")).text).toBe("edited");
    expect(await ask("POST", `${mappings}/edit`, { id: stubId(9) })).toMatchObject(notFound);
    expect(await ask("POST", `${mappings}/edit`, {})).toMatchObject(notFound);
  });

  test("is removed by id, else all with the same request are", async () => {
    const { ask } = await withStubs(3);
    await ask("POST", mappings, { id: stubId(4), request: { url: "/3", method: "ANY" }, response: { status: 201 } });
    expect(await ask("POST", `${mappings}/remove`, { id: stubId(1), request: { url: "/2" } })).toMatchObject({ status: 200, text: "" });
    expect(await idsOf(ask)).toEqual([4, 3, 2].map(stubId));
    await ask("POST", `${mappings}/remove`, { request: { url: "/3" } });
    expect(await idsOf(ask)).toEqual([stubId(2)]);
    expect((await ask("POST", `${mappings}/remove`, { request: { url: "/nothing" } })).status).toBe(200);
    expect((await ask("POST", `${mappings}/remove`, "")).status).toBe(422);
  });
});

describe("metadata", () => {
  test("finds and removes stubs by a pattern about them", async () => {
    const { ask } = await runMock();
    await ask("POST", mappings, { id: stubId(1), metadata: { kind: "x", n: { m: [1, 2] } } });
    await ask("POST", mappings, { id: stubId(2), metadata: { kind: "y" } });
    await ask("POST", mappings, { id: stubId(3) });
    const found = async (pattern: unknown) =>
      (await ask("POST", `${mappings}/find-by-metadata`, pattern)).json.mappings.map(({ id }: { id: string }) => id);
    expect(await found({ matchesJsonPath: "$.n" })).toEqual([stubId(1)]);
    expect(await found({ matchesJsonPath: { expression: "$.n.m[0]", equalTo: "1" } })).toEqual([stubId(1)]);
    expect(await found({ equalToJson: '{"kind": "y"}' })).toEqual([stubId(2)]);
    expect(await found({ equalToJson: { kind: "x" }, ignoreExtraElements: true })).toEqual([stubId(1)]);
    expect(await found({ contains: "kind" })).toEqual([2, 1].map(stubId));
    expect(await found({ equalTo: "null" })).toEqual([stubId(3)]);
    expect(await found({ equalTo: '{\n  "kind" : "y"\n}' })).toEqual([stubId(2)]);
    const removed = await ask("POST", `${mappings}/remove-by-metadata`, { matchesJsonPath: "$.kind" });
    expect([removed.status, removed.text]).toEqual([200, "{}"]);
    expect(await idsOf(ask)).toEqual([stubId(3)]);
  });

  test.each(["", "{}", "[]", '{"foo": 1}', '{"equalTo": 5}'])("a pattern that is none is refused: %s", async (body) => {
    const { ask } = await withStubs(1);
    for (const path of ["find-by-metadata", "remove-by-metadata"]) {
      const refused = await ask("POST", `${mappings}/${path}`, body);
      expect(refused.status).toBe(422);
      expect(refused.json.errors[0]).toMatchObject({ code: 10, source: { pointer: "/" } });
    }
    expect(await idsOf(ask)).toEqual([stubId(1)]);
  });
});

describe("importing", () => {
  test("keeps the order of the list, replaces or ignores what is there, and removes the rest on demand", async () => {
    const { ask } = await withStubs(1);
    const imported = await ask("POST", `${mappings}/import`, { mappings: [stub(2), stub(3)] });
    expect([imported.status, imported.text]).toEqual([200, ""]);
    expect(await idsOf(ask)).toEqual([2, 3, 1].map(stubId));
    const changed = { ...stub(2), response: { body: "changed" } };
    await ask("POST", `${mappings}/import`, { mappings: [changed], importOptions: { duplicatePolicy: "IGNORE" } });
    expect((await ask("GET", "/2")).text).toBe("");
    await ask("POST", `${mappings}/import`, { mappings: [changed], importOptions: { deleteAllNotInImport: true } });
    expect((await ask("GET", "/2")).text).toBe("changed");
    expect(await idsOf(ask)).toEqual([stubId(2)]);
  });

  test.each([
    [{}, "/mappings"],
    [{ mappings: {} }, "/mappings"],
    [[], "/"],
    [{ mappings: [stub(2), { request: { ur: "/d" } }] }, "/mappings/1/request/ur"],
    [{ mappings: [], importOptions: { duplicatePolicy: "X" } }, "/importOptions/duplicatePolicy"],
    [{ mappings: [], importOptions: { foo: 1 } }, "/importOptions/foo"],
    [{ mappings: [], importOptions: 5 }, "/importOptions"],
  ])("refuses %j as a whole", async (body, pointer) => {
    const { ask } = await withStubs(1);
    const refused = await ask("POST", `${mappings}/import`, body);
    expect(refused.status).toBe(422);
    expect(refused.json.errors[0].source.pointer).toBe(pointer);
    expect(await idsOf(ask)).toEqual([stubId(1)]);
  });
});

describe("stubs that no request matched", () => {
  test("are listed and removed", async () => {
    const { ask } = await withStubs(3);
    await ask("GET", "/2");
    const listed = await ask("GET", `${mappings}/unmatched`);
    expect(listed.json.mappings.map(({ id }: { id: string }) => id)).toEqual([3, 1].map(stubId));
    expect(listed.json.meta.total).toBe(2);
    expect((await ask("DELETE", `${mappings}/unmatched`)).text).toBe("{}");
    expect(await idsOf(ask)).toEqual([stubId(2)]);
  });
});

describe("with a folder", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "dojang-mock-admin-"));
    mkdirSync(join(root, "mappings"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test("a reset brings back what the files say, and persistent stubs are among it", async () => {
    writeFileSync(join(root, "mappings/a.json"), JSON.stringify(stub(1)));
    const { ask } = await runMock({ directory: root });
    await ask("POST", mappings, { ...stub(2), persistent: true });
    await ask("POST", mappings, stub(3));
    await ask("DELETE", `${mappings}/${stubId(1)}`);
    for (const path of [`${mappings}/reset`, "/__admin/reset"]) {
      expect(await ask("POST", path)).toMatchObject({ status: 200, text: "" });
      expect((await idsOf(ask)).sort()).toEqual([1, 2].map(stubId));
    }
  });

  test("saving writes every stub, and removing all removes the files", async () => {
    const { ask } = await runMock({ directory: root });
    await ask("POST", mappings, stub(1));
    expect(await ask("POST", `${mappings}/save`)).toMatchObject({ status: 200, text: "" });
    expect(readdirSync(join(root, "mappings"))).toEqual([`any-1-${stubId(1)}.json`]);
    expect((await ask("GET", `${mappings}/${stubId(1)}`)).json.persistent).toBe(true);
    expect((await ask("DELETE", mappings)).text).toBe("{}");
    expect(readdirSync(join(root, "mappings"))).toEqual([]);
    expect(await idsOf(ask)).toEqual([]);
  });

  test("removing a persistent stub removes its file; removing another leaves the files alone", async () => {
    writeFileSync(join(root, "mappings/a.json"), JSON.stringify(stub(1)));
    const { ask } = await runMock({ directory: root });
    await ask("POST", mappings, { ...stub(2), persistent: true });
    await ask("DELETE", `${mappings}/${stubId(1)}`);
    await ask("DELETE", `${mappings}/${stubId(2)}`);
    expect(readdirSync(join(root, "mappings"))).toEqual(["a.json"]);
  });

  test("what cannot be written is refused and leaves the stub as it was", async () => {
    writeFileSync(join(root, "mappings/list.json"), JSON.stringify({ mappings: [stub(1)] }));
    const { ask } = await runMock({ directory: root });
    const refused = await ask("PUT", `${mappings}/${stubId(1)}`, { ...stub(1), persistent: true, response: { body: "new" } });
    expect(refused.status).toBe(403);
    expect(refused.json.errors[0]).toMatchObject({ code: 50, title: expect.stringContaining("list.json") });
    expect((await ask("GET", "/1")).text).toBe("");
  });

  test("a reset with a broken file is refused, says where, and leaves the stubs as they were", async () => {
    const { ask } = await runMock({ directory: root });
    await ask("POST", mappings, stub(1));
    writeFileSync(join(root, "mappings/a.json"), '{\n  "request": {"ur": "/x"}\n}');
    const refused = await ask("POST", "/__admin/reset");
    expect(refused.status).toBe(422);
    expect(refused.json.errors).toEqual([
      {
        code: 10,
        source: { pointer: "/request/ur" },
        title: expect.stringContaining("`ur`"),
        detail: expect.stringContaining(`${join(root, "mappings/a.json")}:2: `),
      },
    ]);
    expect(await idsOf(ask)).toEqual([stubId(1)]);
    expect(existsSync(join(root, "__files"))).toBe(false);
  });
});

function stub(number: number) {
  return { id: stubId(number), request: { url: `/${number}` } };
}

async function withStubs(count: number): Promise<RunningMock> {
  const mock = await runMock();
  for (let number = 1; number <= count; number++) await mock.ask("POST", mappings, stub(number));
  return mock;
}

async function idsOf(ask: RunningMock["ask"]): Promise<string[]> {
  return (await ask("GET", mappings)).json.mappings.map(({ id }: { id: string }) => id);
}
