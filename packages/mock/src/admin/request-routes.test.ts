import { describe, expect, test } from "vitest";
import { closeMocksAfterEach, type RunningMock, runMock, stubId } from "./testing/running-mock.ts";

closeMocksAfterEach();

const requests = "/__admin/requests";

describe("the journal", () => {
  test("tells of each request what WireMock tells, newest first", async () => {
    const { ask, server } = await runMock();
    await ask("POST", "/__admin/mappings", { id: stubId(1), name: "One", request: { urlPath: "/one" }, response: { jsonBody: { a: 1 } } });
    await ask("POST", "/one?q=1&q=2&z=a%20b", "hello", { headers: { "X-A": "1", Cookie: "a=b" } });
    await ask("GET", "/unknown");
    const { json } = await ask("GET", requests);
    expect(json.meta).toEqual({ total: 2 });
    expect(json.requestJournalDisabled).toBe(false);
    const [unmatched, matched] = json.requests;
    expect(Object.keys(matched)).toEqual([
      "id",
      "request",
      "responseDefinition",
      "response",
      "wasMatched",
      "timing",
      "subEvents",
      "stubMapping",
    ]);
    expect(matched.request).toMatchObject({
      url: "/one?q=1&q=2&z=a%20b",
      absoluteUrl: `http://127.0.0.1:${server.port}/one?q=1&q=2&z=a%20b`,
      method: "POST",
      clientIp: "127.0.0.1",
      headers: expect.objectContaining({ "X-A": "1" }),
      cookies: { a: "b" },
      bodyAsBase64: "aGVsbG8=",
      body: "hello",
      protocol: "HTTP/1.1",
      scheme: "http",
      host: "127.0.0.1",
      port: server.port,
      queryParams: { q: { key: "q", values: ["1", "2"] }, z: { key: "z", values: ["a b"] } },
    });
    expect(matched.response).toEqual({
      status: 200,
      headers: { "Matched-Stub-Id": stubId(1), "Matched-Stub-Name": "One" },
      bodyAsBase64: "eyJhIjoxfQ==",
      body: '{"a":1}',
    });
    expect(matched).toMatchObject({
      wasMatched: true,
      responseDefinition: { status: 200, jsonBody: { a: 1 } },
      stubMapping: { id: stubId(1) },
    });
    expect(unmatched).toMatchObject({
      wasMatched: false,
      responseDefinition: { status: 404, fromConfiguredStub: false },
      response: { status: 404, bodyAsBase64: "", body: "" },
      subEvents: [
        { type: "REQUEST_NOT_MATCHED", data: { status: 404, contentType: "text/plain", report: expect.stringContaining("/unknown") } },
      ],
      stubMapping: { id: expect.any(String), request: { method: "ANY" } },
    });
  });

  test("names well-known headers as usual, and others as they were sent", async () => {
    const { ask } = await runMock();
    await ask("GET", "/", undefined, { headers: { "content-type": "a/b", "x-custom": "1", "X-FORWARDED-for": "1.1.1.1" } });
    const [{ request }] = (await ask("GET", requests)).json.requests;
    expect(Object.keys(request.headers)).toEqual(expect.arrayContaining(["Content-Type", "x-custom", "X-Forwarded-For"]));
  });

  test("does not hold requests to the admin API", async () => {
    const { ask } = await runMock();
    await ask("GET", requests);
    expect((await ask("GET", requests)).json.meta.total).toBe(0);
  });

  test("gives the newest so many, those since a moment, those that nothing matched, those of a stub", async () => {
    const { ask } = await withTraffic();
    const urls = async (query: string) =>
      (await ask("GET", `${requests}?${query}`)).json.requests.map(({ request }: { request: { url: string } }) => request.url);
    expect(await urls("")).toEqual(["/none", "/two", "/one", "/one"]);
    expect(await urls("limit=1")).toEqual(["/none"]);
    expect(await urls("limit=0")).toEqual([]);
    expect(await urls("unmatched=true")).toEqual(["/none"]);
    expect(await urls("unmatched=false")).toHaveLength(4);
    expect(await urls(`matchingStub=${stubId(1)}`)).toEqual(["/one", "/one"]);
    expect(await urls(`matchingStub=${stubId(1)}&unmatched=true`)).toEqual([]);
    expect(await urls("since=2090-01-01T00:00:00Z")).toEqual([]);
    expect(await urls("since=2020-01-01T00:00:00.123456789%2B09:00[Asia/Seoul]")).toHaveLength(4);
    expect((await ask("GET", `${requests}?since=2090-01-01T00:00Z`)).json.meta.total).toBe(4);
    expect((await ask("GET", `${requests}?matchingStub=${stubId(1)}`)).json.meta.total).toBe(2);
  });

  test.each([
    ["limit=abc", { code: 10, source: { pointer: "limit" }, title: expect.stringContaining("'abc'") }],
    ["limit=-1", { code: 10, source: { pointer: "limit" }, title: expect.stringContaining("'-1'") }],
    ["since=abc", { code: 10, source: { pointer: "since" }, title: "abc is not a valid ISO8601 date" }],
    ["since=2090-01-01", { code: 10, source: { pointer: "since" }, title: "2090-01-01 is not a valid ISO8601 date" }],
    ["since=2090-13-41T00:00:00Z", { code: 10, source: { pointer: "since" }, title: expect.any(String) }],
    ["matchingStub=xx", { code: 15, title: "Query parameter matchingStub value 'xx' is not a valid UUID" }],
    ["matchingStub=", { code: 15, title: "Query parameter matchingStub value '' is not a valid UUID" }],
  ])("refuses ?%s", async (query, error) => {
    const { ask } = await runMock();
    const refused = await ask("GET", `${requests}?${query}`);
    expect(refused.status).toBe(400);
    expect(refused.json).toEqual({ errors: [error] });
  });

  test("gives and forgets one entry by its id", async () => {
    const { ask } = await withTraffic();
    const [{ id }] = (await ask("GET", requests)).json.requests;
    expect((await ask("GET", `${requests}/${id}`)).json).toMatchObject({ id, request: { url: "/none" } });
    expect((await ask("DELETE", `${requests}/${id}`)).text).toBe("{}");
    expect(await ask("GET", `${requests}/${id}`)).toMatchObject({ status: 404, text: "" });
    expect(await ask("DELETE", `${requests}/${id}`)).toMatchObject({ status: 200, text: "{}" });
    for (const method of ["GET", "DELETE"]) {
      expect(await ask(method, `${requests}/xx`)).toMatchObject({
        status: 400,
        json: { errors: [{ code: 10, title: "xx is not a valid UUID" }] },
      });
    }
  });

  test("counts, finds and forgets requests that match a pattern", async () => {
    const { ask } = await withTraffic();
    expect((await ask("POST", `${requests}/count`, { method: "GET", url: "/one" })).json).toEqual({
      count: 2,
      requestJournalDisabled: false,
    });
    expect((await ask("POST", `${requests}/count`, {})).json.count).toBe(4);
    const found = await ask("POST", `${requests}/find`, { urlPattern: "/(one|two)" });
    expect(found.json.requests.map(({ url, body }: { url: string; body: string }) => [url, body])).toEqual([
      ["/one", ""],
      ["/one", ""],
      ["/two", "x=1"],
    ]);
    const removed = await ask("POST", `${requests}/remove`, { bodyPatterns: [{ contains: "x=" }] });
    expect(removed.json.serveEvents.map(({ request }: { request: { url: string } }) => request.url)).toEqual(["/two"]);
    expect((await ask("POST", `${requests}/count`, {})).json.count).toBe(3);
    expect((await ask("POST", `${requests}/remove`, { method: "PUT" })).json).toEqual({ serveEvents: [] });
  });

  test("forgets requests by the metadata of their stubs", async () => {
    const { ask } = await withTraffic();
    const removed = await ask("POST", `${requests}/remove-by-metadata`, { contains: "second" });
    expect(removed.json.serveEvents.map(({ request }: { request: { url: string } }) => request.url)).toEqual(["/two"]);
    expect((await ask("GET", requests)).json.meta.total).toBe(3);
  });

  test("lists what nothing matched, and forgets everything", async () => {
    const { ask } = await withTraffic();
    const unmatched = await ask("GET", `${requests}/unmatched`);
    expect(unmatched.json.requests.map(({ url }: { url: string }) => url)).toEqual(["/none"]);
    expect(unmatched.json.requestJournalDisabled).toBe(false);
    expect(await ask("DELETE", requests)).toMatchObject({ status: 200, text: "{}" });
    expect((await ask("GET", requests)).json).toEqual({ requests: [], meta: { total: 0 }, requestJournalDisabled: false });
    await ask("GET", "/none");
    expect((await ask("POST", `${requests}/reset`)).text).toBe("{}");
    expect((await ask("GET", requests)).json.meta.total).toBe(0);
  });

  test.each(["count", "find", "remove"])("refuses a pattern that is none: %s", async (path) => {
    const { ask } = await withTraffic();
    for (const [body, pointer] of [
      ["", "/"],
      ["[]", "/"],
      ['{"metho": "GET"}', "/metho"],
      ['{"method": 5}', "/method"],
      ['{"urlPattern": "["}', "/urlPattern"],
    ]) {
      const refused = await ask("POST", `${requests}/${path}`, body);
      expect(refused.status, body).toBe(422);
      expect(refused.json.errors[0].source.pointer).toBe(pointer);
    }
    expect((await ask("GET", requests)).json.meta.total).toBe(4);
  });
});

describe("near misses", () => {
  test("are the three nearest stubs of each request that nothing matched", async () => {
    const { ask } = await withTraffic();
    const { json } = await ask("GET", `${requests}/unmatched/near-misses`);
    expect(json.nearMisses).toHaveLength(2);
    expect(json.nearMisses[0]).toMatchObject({
      request: { url: "/none", method: "GET" },
      stubMapping: { id: stubId(1) },
      matchResult: { distance: expect.any(Number) },
    });
    expect(json.nearMisses[0].matchResult.distance).toBeLessThan(json.nearMisses[1].matchResult.distance);
  });

  test("are found for a request that was never sent", async () => {
    const { ask } = await withTraffic();
    const { json } = await ask("POST", "/__admin/near-misses/request", {
      method: "GET",
      url: "/onne",
      absoluteUrl: "http://localhost/onne",
    });
    expect(json.nearMisses.map(({ stubMapping }: { stubMapping: { id: string } }) => stubMapping.id)).toEqual([stubId(1), stubId(2)]);
    expect(Object.keys(json.nearMisses[0].request).toSorted()).toEqual(
      ["url", "absoluteUrl", "method", "browserProxyRequest", "scheme", "host", "port", "queryParams", "formParams"].toSorted(),
    );
    for (const body of ["[]", "", "5", "null"]) expect((await ask("POST", "/__admin/near-misses/request", body)).status).toBe(422);
  });

  test("are found for a pattern, among the requests that came", async () => {
    const { ask } = await withTraffic();
    const { json } = await ask("POST", "/__admin/near-misses/request-pattern", { method: "GET", url: "/nome" });
    expect(json.nearMisses).toHaveLength(3);
    expect(json.nearMisses[0]).toMatchObject({ request: { url: "/none" }, requestPattern: { url: "/nome", method: "GET" } });
    expect((await ask("POST", "/__admin/near-misses/request-pattern", { x: 1 })).json.errors[0].source.pointer).toBe("/x");
  });
});

describe("a journal that is off", () => {
  test("says so where the answer would be wrong without it", async () => {
    const { ask } = await runMock({ journal: { enabled: false } });
    await ask("GET", "/x");
    expect((await ask("POST", `${requests}/count`, {})).json).toEqual({ count: -1, requestJournalDisabled: true });
    expect((await ask("POST", `${requests}/find`, {})).json).toEqual({ requests: [], requestJournalDisabled: true });
    expect((await ask("GET", `${requests}/unmatched`)).json).toEqual({ requests: [], requestJournalDisabled: true });
    for (const [method, path, body] of [
      ["GET", requests],
      ["GET", `${requests}/${stubId(1)}`],
      ["GET", `${requests}/unmatched/near-misses`],
      ["POST", `${requests}/remove`, {}],
      ["POST", `${requests}/remove-by-metadata`, { contains: "x" }],
      ["POST", "/__admin/near-misses/request-pattern", {}],
      ["GET", "/__admin/mappings/unmatched"],
      ["DELETE", "/__admin/mappings/unmatched"],
      ["POST", "/__admin/recordings/snapshot"],
      ["POST", "/__admin/recordings/start", { targetBaseUrl: "http://localhost:1" }],
    ] as const) {
      const refused = await ask(method, path, body);
      expect(refused.status, `${method} ${path}`).toBe(400);
      expect(refused.json.errors[0].title).toContain("The request journal is disabled");
    }
    expect((await ask("DELETE", requests)).status).toBe(200);
    expect((await ask("DELETE", `${requests}/${stubId(1)}`)).status).toBe(200);
  });
});

async function withTraffic(): Promise<RunningMock> {
  const mock = await runMock();
  await mock.ask("POST", "/__admin/mappings", { id: stubId(1), request: { url: "/one", method: "GET" }, metadata: { is: "first" } });
  await mock.ask("POST", "/__admin/mappings", { id: stubId(2), request: { url: "/two", method: "POST" }, metadata: { is: "second" } });
  await mock.ask("GET", "/one");
  await mock.ask("GET", "/one");
  await mock.ask("POST", "/two", "x=1");
  await mock.ask("GET", "/none");
  return mock;
}
