import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BodyType, DelayType, EndpointFeature, MatchingAttributes, ResponseTransformer, WireMock, WireMockFault } from "wiremock-captain";
import { WireMockRestClient } from "wiremock-rest-client";
import type { MockServer } from "../src/contract.ts";
import { startMock } from "../src/serving/start-mock.ts";

/** Clients that were written for WireMock, every method of theirs, unchanged. */
let mock: MockServer;
let root: string;
let url: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "dojang-mock-clients-"));
  mock = await startMock({ listen: { port: 0, address: "127.0.0.1" }, directory: root });
  url = `http://127.0.0.1:${mock.port}`;
});
afterEach(async () => {
  await mock.close();
  rmSync(root, { recursive: true, force: true });
});

const get = async (path: string, init?: RequestInit) => await (await fetch(url + path, init)).text();

describe("wiremock-captain", () => {
  test("registers stubs with every feature it has", async () => {
    const captain = new WireMock(url);
    await captain.register(
      {
        method: "POST",
        endpoint: "/full",
        body: { a: 1 },
        cookies: { c: "d" },
        headers: { "X-A": "b" },
        queryParameters: { q: "1" },
        metadata: { story: "one" },
      },
      { status: 201, body: { ok: true }, headers: { "X-B": "c" } },
      {
        requestEndpointFeature: EndpointFeature.UrlPath,
        requestIgnoreExtraElements: true,
        requestIgnoreArrayOrder: true,
        requestHeaderFeatures: { "X-A": MatchingAttributes.Contains },
        stubPriority: 2,
        responseDelay: { type: DelayType.FIXED, constantDelay: 1 },
      },
    );
    const answer = await fetch(`${url}/full?q=1`, {
      method: "POST",
      body: JSON.stringify({ a: 1, extra: 2 }),
      headers: { "X-A": "abc", Cookie: "c=d", "Content-Type": "application/json" },
    });
    expect([answer.status, answer.headers.get("x-b"), await answer.json()]).toEqual([201, "c", { ok: true }]);

    await captain.register(
      { method: "GET", endpoint: "/t/[0-9]+" },
      { status: 200, body: "{{request.method}}" },
      {
        requestEndpointFeature: EndpointFeature.UrlPathPattern,
        responseBodyType: BodyType.Body,
        responseTransformers: [ResponseTransformer.RESPONSE_TEMPLATE],
        responseDelay: { type: DelayType.UNIFORM, lower: 0, upper: 1 },
      },
    );
    expect(await get("/t/12")).toBe("GET");

    await captain.register(
      { method: "POST", endpoint: "/form", formParameters: { a: "b" } },
      { status: 200, body: "AAE=" },
      { responseBodyType: BodyType.Base64Body, responseDelay: { type: DelayType.CHUNKED_DRIBBLE, numberOfChunks: 2, totalDuration: 2 } },
    );
    const form = await fetch(`${url}/form`, { method: "POST", body: new URLSearchParams({ a: "b" }) });
    expect([...new Uint8Array(await form.arrayBuffer())]).toEqual([0, 1]);

    await captain.register(
      { method: "GET", endpoint: "/broken" },
      { status: 200 },
      { fault: WireMockFault.EMPTY_RESPONSE, responseDelay: { type: DelayType.LOG_NORMAL, median: 1, sigma: 0.1 } },
    );
    await expect(get("/broken")).rejects.toThrow();
  });

  test("sees stubs, requests and scenarios, and clears them", async () => {
    const captain = new WireMock(url);
    const one = await captain.register({ method: "GET", endpoint: "/one", metadata: { kind: "x" } }, { status: 200, body: { n: 1 } });
    const scenario = (from: string, to: string) => ({ scenario: { scenarioName: "S", requiredScenarioState: from, newScenarioState: to } });
    await captain.register({ method: "GET", endpoint: "/s" }, { status: 200, body: "first" }, scenario("Started", "Two"));
    await captain.register({ method: "GET", endpoint: "/s" }, { status: 200, body: "second" }, scenario("Two", "Two"));
    expect([await get("/s"), await get("/s"), await get("/one"), (await fetch(`${url}/none`)).status]).toEqual([
      '"first"',
      '"second"',
      '{"n":1}',
      404,
    ]);
    expect(await captain.getAllMappings()).toHaveLength(3);
    expect(await captain.getMapping(one.id)).toMatchObject({ id: one.id, request: { url: "/one" } });
    expect(await captain.getAllRequests()).toHaveLength(4);
    expect(await captain.getRequestsForAPI("GET", "/s")).toHaveLength(2);
    expect(await captain.getUnmatchedRequests()).toMatchObject([{ url: "/none" }]);
    expect(await captain.getAllScenarios()).toMatchObject([{ name: "S", state: "Two" }]);
    expect((await captain.resetAllScenarios()).status).toBe(200);
    expect(await captain.getAllScenarios()).toMatchObject([{ state: "Started" }]);
    expect(await captain.findMappingByMetadata({ kind: "x" }, MatchingAttributes.EqualToJson)).toMatchObject([{ id: one.id }]);
    expect(await captain.removeMappingByMetadata({ kind: "x" }, MatchingAttributes.EqualToJson)).toEqual({});
    const [left] = await captain.getAllMappings();
    expect((await captain.deleteMapping((left as { id: string }).id)).status).toBe(200);
    expect(await captain.getAllMappings()).toHaveLength(1);
    await captain.clearAllRequests();
    expect(await captain.getAllRequests()).toHaveLength(0);
    await captain.resetMappings();
    await captain.clearAllMappings();
    await captain.clearAllExceptDefault();
    await captain.clearAll();
    expect(await captain.getAllMappings()).toHaveLength(0);
  });

  test("is called back by webhooks", async () => {
    const called = new Promise<string>((resolve, reject) => {
      const receiver = createServer((request, response) => {
        let body = "";
        request.on("data", (chunk) => {
          body += chunk;
        });
        request.on("end", () => {
          response.end();
          receiver.close();
          resolve(`${request.method} ${request.url} ${request.headers["x-a"]} ${body}`);
        });
      });
      receiver.listen(0, "127.0.0.1", async () => {
        const address = receiver.address();
        if (typeof address !== "object" || address === null) return reject(new Error("no port"));
        const webhook = {
          method: "POST" as const,
          url: `http://127.0.0.1:${address.port}/hook`,
          headers: { "X-A": "b" },
          body: { type: "JSON" as const, data: { a: 1 } },
          delay: { type: DelayType.FIXED as const, constantDelay: 1 },
        };
        await new WireMock(url).register({ method: "GET", endpoint: "/hooked" }, { status: 200 }, { webhook });
        await get("/hooked");
      });
    });
    expect(await called).toBe('POST /hook b {"a":1}');
  });
});

describe("wiremock-rest-client", () => {
  // It ends the process of a caller who did not ask it to go on.
  const client = () => new WireMockRestClient(url, { continueOnFailure: true, logLevel: "silent" });

  test("manages stubs", async () => {
    const { mappings } = client();
    const { id } = await mappings.createMapping({
      request: { method: "GET", url: "/one" },
      response: { status: 200, body: "1" },
      metadata: { a: 1 },
    });
    if (id === undefined) throw new Error("no id");
    expect(await mappings.getMapping(id)).toMatchObject({ id, request: { url: "/one" } });
    expect(
      await mappings.updateMapping(id, { request: { method: "GET", url: "/new" }, response: { status: 201 }, metadata: { a: 1 } }),
    ).toMatchObject({
      id,
      response: { status: 201 },
    });
    expect((await mappings.getAllMappings()).mappings).toHaveLength(1);
    expect((await mappings.findByMetaData({ matchesJsonPath: "$.a" })).mappings).toHaveLength(1);
    await mappings.saveAllMappings();
    await mappings.resetAllMappings();
    expect((await mappings.getAllMappings()).mappings).toMatchObject([{ id, persistent: true }]);
    await mappings.removeByMetaData({ matchesJsonPath: "$.a" });
    expect((await mappings.getAllMappings()).mappings).toEqual([]);
    await mappings.createMapping({ request: {}, response: {} });
    await mappings.deleteAllMappings();
    expect((await mappings.getAllMappings()).mappings).toEqual([]);
    const other = await mappings.createMapping({ request: {}, response: {} });
    await mappings.deleteMapping(other.id ?? "");
    expect((await mappings.getAllMappings()).mappings).toEqual([]);
  });

  test("sends stubs that stand in files", async () => {
    const { mappings } = client();
    mkdirSync(join(root, "stubs/deep"), { recursive: true });
    const names = ["stubs/a.json", "stubs/deep/b.json"];
    for (const name of names) writeFileSync(join(root, name), `{request: {url: '/${name}'}, response: {}} // JSON5`);
    // The client wants names relative to where it runs.
    const here = relative(process.cwd(), root);
    await mappings.createMappingFromFile(join(here, "stubs/a.json"));
    await Promise.all(await mappings.createMappingsFromDir(join(here, "stubs")));
    expect((await mappings.getAllMappings()).mappings).toHaveLength(3);
  });

  test("verifies requests", async () => {
    const { mappings, requests } = client();
    await mappings.createMapping({ request: { method: "GET", url: "/one" }, response: {}, metadata: { a: 1 } });
    for (const path of ["/one", "/two", "/three"]) await get(path);
    const all = await requests.getAllRequests();
    expect(all.requests).toHaveLength(3);
    const [{ id }] = all.requests;
    expect(await requests.getRequest(id)).toMatchObject({ id, request: { url: "/three" } });
    expect(await requests.getCount({ method: "GET", urlPattern: "/t.*" })).toMatchObject({ count: 2 });
    expect((await requests.findRequests({ method: "GET", url: "/one" })).requests).toHaveLength(1);
    expect(await requests.getUnmatchedRequests()).toMatchObject({ requests: [{ url: "/three" }, { url: "/two" }] });
    expect(await requests.getUnmatchedNearMisses()).toMatchObject({ nearMisses: [{ stubMapping: {} }, { stubMapping: {} }] });
    await requests.deleteRequest(id);
    expect((await requests.removeRequests({ url: "/two" })).serveEvents).toHaveLength(1);
    expect((await requests.removeRequestsByMetadata({ matchesJsonPath: "$.a" })).serveEvents).toHaveLength(1);
    await get("/four");
    await requests.resetAllRequests();
    expect((await requests.getAllRequests()).requests).toHaveLength(0);
    await get("/five");
    await requests.deleteAllRequests();
    expect((await requests.getAllRequests()).requests).toHaveLength(0);
    // It asks below /requests, where WireMock has nothing either.
    expect(await requests.getNearMissesByRequest({ url: "/x", method: "GET" } as never)).toBe("");
    expect(await requests.getNearMissesByRequestPattern({ url: "/x" })).toBe("");
  });

  test("sets scenarios and settings", async () => {
    const { mappings, scenarios, global } = client();
    await mappings.createMapping({
      scenarioName: "S",
      requiredScenarioState: "Started",
      newScenarioState: "Two",
      request: {},
      response: {},
    });
    await scenarios.setScenarioState("S", "Two");
    expect(await scenarios.getAllScenarios()).toMatchObject({ scenarios: [{ id: "S", state: "Two" }] });
    await scenarios.resetScenario("S");
    expect(await scenarios.getAllScenarios()).toMatchObject({ scenarios: [{ state: "Started" }] });
    await scenarios.resetAllScenarios();
    await global.updateGlobalSettings({ fixedDelay: 1 });
    expect(mock.world.settings.fixedDelay).toBe(1);
    await global.updateGlobalSettings({ delayDistribution: { type: "uniform", lower: 0, upper: 1 } } as never);
    expect(mock.world.settings.delayDistribution).toEqual({ type: "uniform", lower: 0, upper: 1 });
    await global.resetAll();
    expect(mock.world.stubs.all()).toEqual([]);
    await global.shutdown();
    await mock.closed;
  });

  test("records", async () => {
    const target = await startMock({ listen: { port: 0, address: "127.0.0.1" } });
    try {
      await new WireMock(`http://127.0.0.1:${target.port}`).register(
        { method: "GET", endpoint: "/far" },
        { status: 200, body: { far: true } },
      );
      const { recordings } = client();
      expect(await recordings.getRecordingStatus()).toEqual({ status: "NeverStarted" });
      await recordings.startRecording({ targetBaseUrl: `http://127.0.0.1:${target.port}` });
      expect(await recordings.getRecordingStatus()).toEqual({ status: "Recording" });
      expect(await get("/far")).toBe('{"far":true}');
      expect((await recordings.stopRecording()).mappings).toMatchObject([{ request: { url: "/far", method: "GET" } }]);
      expect((await recordings.takeSnapshotRecording({})).mappings).toBeInstanceOf(Array);
      expect(await recordings.getRecordingStatus()).toEqual({ status: "Stopped" });
    } finally {
      await target.close();
    }
  });
});
