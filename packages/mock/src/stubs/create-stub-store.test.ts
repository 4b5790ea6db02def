import { describe, expect, test } from "vitest";
import { parseStubMapping } from "../mapping/parse-stub-mapping.ts";
import type { Json, JsonObject, StubMapping } from "../mapping/stub-mapping.ts";
import { receiveRequest } from "../request/receive-request.ts";
import { createStubStore } from "./create-stub-store.ts";
import type { StubStore } from "./stub-store.ts";

function stub(json: { [key: string]: Json }): StubMapping {
  const parsed = parseStubMapping(json);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.value;
}

function storeOf(...stubs: { [key: string]: Json }[]): StubStore {
  const store = createStubStore();
  for (const each of stubs) store.add(stub(each));
  return store;
}

function ask(store: StubStore, target: string, headers: Record<string, string> = {}, method = "GET") {
  const rawHeaders = Object.entries({ Host: "localhost", ...headers }).flat();
  const request = receiveRequest({ method, target, rawHeaders, httpVersion: "1.1", scheme: "http", body: Buffer.alloc(0) });
  return store.find(request);
}

/** The name of the stub that answers. */
function nameFor(store: StubStore, target: string, headers: Record<string, string> = {}, method = "GET") {
  return ask(store, target, headers, method)?.prepared.stub.name;
}

const id = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;

describe("which stub answers", () => {
  test("is the one with the lowest priority, among equals the newest", () => {
    const store = storeOf(
      { name: "old", request: { url: "/a" } },
      { name: "first", priority: 1, request: { urlPath: "/a" } },
      { name: "new", request: { urlPattern: "/a.*" } },
      { name: "fallback", priority: 9, request: {} },
    );
    expect(nameFor(store, "/a")).toBe("first");
    expect(nameFor(store, "/ab")).toBe("new");
    expect(nameFor(store, "/b")).toBe("fallback");
    expect(store.all().map(({ name }) => name)).toEqual(["first", "new", "old", "fallback"]);
  });

  test("is none when none matches", () => {
    expect(nameFor(storeOf({ request: { url: "/a" } }), "/b")).toBeUndefined();
    expect(nameFor(createStubStore(), "/")).toBeUndefined();
  });

  test.each([
    [{ url: "/a?x=1" }, "/a?x=1", "/a"],
    [{ urlPath: "/a" }, "/a?x=1", "/a/b"],
    [{ urlPattern: "/a\\?x=[0-9]+" }, "/a?x=12", "/a?x=b"],
    [{ urlPathPattern: "/things/[a-z]+" }, "/things/abc?q", "/things/1"],
    [{ urlPathPattern: "/a|/b" }, "/b", "/c"],
    [{ urlPathTemplate: "/a/{id}/b" }, "/a/1/b", "/a//b"],
    [{ urlPathTemplate: "/a/{id}.json" }, "/a/1.json", "/a/1"],
    [{ urlPathTemplate: "/a/**" }, "/a/b/c", "/a"],
    [{ method: "POST" }, undefined, "/a"],
    [{ method: "GET_OR_HEAD" }, "/a", undefined],
    [{ method: { oneOf: ["PUT", "GET"] } }, "/a", undefined],
    [{ method: { noneOf: ["GET"] } }, undefined, "/a"],
    [{ host: { equalTo: "LOCALHOST", caseInsensitive: true } }, "/a", undefined],
    [{ host: { equalTo: "elsewhere" } }, undefined, "/a"],
    [{ host: { matches: "local.*" } }, "/a", undefined],
    [{ queryParameters: { x: { equalTo: "1" }, y: { equalTo: "2" } } }, "/?x=0&x=1&y=2", "/?x=1"],
    [{ urlPath: "/a", headers: { host: { equalTo: "localhost" } } }, "/a", "/b"],
  ])("%j matches %s and not %s", (request, yes, no) => {
    const store = storeOf({ name: "it", request });
    if (yes !== undefined) expect(nameFor(store, yes)).toBe("it");
    if (no !== undefined) expect(nameFor(store, no)).toBeUndefined();
  });

  test("basic credentials take the place of a pattern of their header", () => {
    const store = storeOf({
      name: "it",
      request: { headers: { Authorization: { equalTo: "nonsense" } }, basicAuth: { username: "u", password: "p" } },
    });
    expect(nameFor(store, "/", { Authorization: `basic ${btoa("u:p")}` })).toBe("it");
    expect(nameFor(store, "/", { Authorization: "nonsense" })).toBeUndefined();
  });

  test("a parameter repeated beyond what is looked up is still found", () => {
    const store = storeOf({ name: "it", request: { queryParameters: { x: { equalTo: "150" } } } });
    expect(nameFor(store, `/?${Array.from({ length: 200 }, (_, i) => `x=${i}`).join("&")}`)).toBe("it");
  });
});

describe("changing stubs", () => {
  test("an edit keeps the place, an addition with the same id is the newest", () => {
    const store = storeOf({ id: id(1), name: "one" }, { id: id(2), name: "two" });
    expect(store.edit(stub({ id: id(1), name: "one again" }))).toBe(true);
    expect(nameFor(store, "/")).toBe("two");
    store.add(stub({ id: id(1), name: "one anew" }));
    expect(nameFor(store, "/")).toBe("one anew");
    expect(store.all()).toHaveLength(2);
  });

  test("an edit may move the stub to another URL and priority", () => {
    const store = storeOf({ id: id(1), name: "it", request: { urlPathTemplate: "/a/{b}" } });
    store.edit(stub({ id: id(1), name: "it", priority: 1, request: { urlPattern: "/c/.*" } }));
    expect([nameFor(store, "/a/1"), nameFor(store, "/c/1")]).toEqual([undefined, "it"]);
  });

  test("what is not there cannot be edited or removed", () => {
    const store = createStubStore();
    expect(store.edit(stub({ id: id(1) }))).toBe(false);
    expect(store.remove(id(1))).toBeUndefined();
    expect(store.get(id(1))).toBeUndefined();
  });

  test("a removed stub is given back and answers no more", () => {
    const store = storeOf({ id: id(1), name: "one", request: { url: "/a" } });
    expect(store.remove(id(1))?.name).toBe("one");
    expect(nameFor(store, "/a")).toBeUndefined();
  });

  test("clearing removes everything, scenarios too", () => {
    const store = storeOf({ scenarioName: "s", requiredScenarioState: "Started" });
    store.clear();
    expect([store.all(), store.scenarios(), ask(store, "/")]).toEqual([[], [], undefined]);
  });

  test("stubs are found by their metadata", () => {
    const store = storeOf({ name: "a", metadata: { team: "x" } }, { name: "b" });
    expect(store.byMetadata((metadata) => metadata?.team === "x").map(({ name }) => name)).toEqual(["a"]);
    expect(store.byMetadata((metadata) => metadata === undefined).map(({ name }) => name)).toEqual(["b"]);
  });
});

describe("scenarios", () => {
  const checkout: readonly JsonObject[] = [
    {
      id: id(1),
      name: "empty",
      scenarioName: "cart",
      requiredScenarioState: "Started",
      newScenarioState: "full",
      request: { url: "/cart" },
    },
    { id: id(2), name: "full", scenarioName: "cart", requiredScenarioState: "full", request: { url: "/cart" } },
  ];

  test("begin as Started and go from state to state", () => {
    const store = storeOf(...checkout);
    expect([nameFor(store, "/cart"), nameFor(store, "/cart"), nameFor(store, "/cart")]).toEqual(["empty", "full", "full"]);
    expect(store.scenarios()).toMatchObject([{ id: "cart", name: "cart", state: "full", possibleStates: ["Started", "full"] }]);
  });

  test("go back to Started all at once or one alone", () => {
    const store = storeOf(...checkout, { scenarioName: "other", newScenarioState: "done", request: { url: "/o" } });
    ask(store, "/cart");
    ask(store, "/o");
    expect(store.setScenarioState("cart", undefined)).toBe(true);
    expect(store.scenarios().map(({ state }) => state)).toEqual(["Started", "done"]);
    store.resetScenarios();
    expect(store.scenarios().map(({ state }) => state)).toEqual(["Started", "Started"]);
  });

  test("can be set to a state that they have", () => {
    const store = storeOf(...checkout);
    expect(store.setScenarioState("cart", "full")).toBe(true);
    expect(nameFor(store, "/cart")).toBe("full");
    expect(() => store.setScenarioState("cart", "nonsense")).toThrow(RangeError);
    expect(store.setScenarioState("unknown", "full")).toBe(false);
  });

  test("keep their state while their stubs are edited, and end with the last stub", () => {
    const store = storeOf(...checkout);
    ask(store, "/cart");
    store.remove(id(1));
    store.edit(stub({ ...checkout[1], requiredScenarioState: "full", newScenarioState: "paid" }));
    expect(store.scenarios()).toMatchObject([{ state: "full", possibleStates: ["full", "paid"] }]);
    store.edit(stub({ ...checkout[1], scenarioName: "renamed" }));
    expect(store.scenarios()).toMatchObject([{ name: "renamed", state: "Started" }]);
    store.remove(id(2));
    expect(store.scenarios()).toEqual([]);
  });

  test("a stub that leads to a state without asking for one always may", () => {
    const store = storeOf({ name: "it", scenarioName: "s", newScenarioState: "b" });
    expect([nameFor(store, "/"), nameFor(store, "/")]).toEqual(["it", "it"]);
    expect(store.scenarios()).toMatchObject([{ state: "b" }]);
  });

  test("a stub whose state does not fit leaves the request to the next", () => {
    const store = storeOf({ name: "fallback", priority: 9 }, { name: "later", scenarioName: "s", requiredScenarioState: "x" });
    expect(nameFor(store, "/")).toBe("fallback");
  });
});

describe("sequences", () => {
  const responses = [{ status: 201 }, { status: 202 }, { status: 203 }];

  function statuses(store: StubStore, count: number) {
    return Array.from({ length: count }, () => ask(store, "/")?.response.status);
  }

  test("give their responses in turn, then the last one again", () => {
    expect(statuses(storeOf({ responses }), 5)).toEqual([201, 202, 203, 203, 203]);
  });

  test("may begin anew", () => {
    expect(statuses(storeOf({ responses, afterLast: "first" }), 7)).toEqual([201, 202, 203, 201, 202, 203, 201]);
  });

  test("may leave requests to the next stub once they have ended", () => {
    const store = storeOf({ priority: 9, response: { status: 404 } }, { responses, afterLast: "unmatched" });
    expect(statuses(store, 5)).toEqual([201, 202, 203, 404, 404]);
  });

  test("begin anew when scenarios are reset and when the stub is edited", () => {
    const store = storeOf({ id: id(1), responses });
    statuses(store, 2);
    store.resetScenarios();
    expect(statuses(store, 2)).toEqual([201, 202]);
    store.edit(stub({ id: id(1), responses }));
    expect(statuses(store, 1)).toEqual([201]);
  });
});

test("matching looks only at stubs that may match", () => {
  const store = createStubStore();
  const noticed: string[] = [];
  for (let i = 0; i < 50; i++) store.add(stub({ request: { url: `/other/${i}`, bodyPatterns: [{ equalToJson: { a: i } }] } }));
  const request = receiveRequest({
    method: "GET",
    target: "/x",
    rawHeaders: [],
    httpVersion: "1.1",
    scheme: "http",
    body: Buffer.from("no json"),
  });
  expect(store.find(request, (type) => noticed.push(type))).toBeUndefined();
  expect(noticed).toEqual([]);
});
