import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get as httpGet, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { Problem } from "@dojang/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { certificateAuthority, certificateFor } from "../serving/certificates/issue-certificate.ts";
import type { EnvironmentPlan } from "./environment-plan.ts";
import { type FeedLine, feedLine, type PlayedCall } from "./feed-format.ts";
import { type PlayedEnvironment, playEnvironment } from "./play-environment.ts";

let files: string;
let played: PlayedEnvironment | undefined;
let said: string[];
beforeEach(() => {
  files = mkdtempSync(join(tmpdir(), "dojang-play-"));
  said = [];
});
afterEach(async () => {
  await played?.[Symbol.asyncDispose]();
  played = undefined;
  rmSync(files, { recursive: true });
});

const authority = certificateAuthority("Environment");
const accept = { name: "accept-mail", request: { method: "POST", urlPath: "/messages" }, response: { status: 202, jsonBody: { id: "1" } } };

function put(path: string, content: string | object): void {
  mkdirSync(dirname(join(files, path)), { recursive: true });
  writeFileSync(join(files, path), typeof content === "string" ? content : JSON.stringify(content));
}

async function play(plan: Partial<EnvironmentPlan> = {}): Promise<string> {
  const certificate = certificateFor("mail.example", authority);
  played = await playEnvironment({
    plan: {
      name: "mail",
      hosts: ["mail"],
      host: "mail",
      ports: [0],
      journalPort: 0,
      stubs: "mocks/mail",
      openapi: [],
      mode: "lenient",
      seed: 1,
      ...plan,
    },
    files,
    certificate,
    address: "127.0.0.1",
    say: (line) => said.push(line),
  });
  return `http://127.0.0.1:${played.ports[0]}`;
}

const id = (digit: string) => digit.repeat(32);
const traced = (digit: string) => ({ traceparent: `00-${id(digit)}-${"b".repeat(16)}-01` });

async function journal(query = ""): Promise<FeedLine[]> {
  const response = await fetch(`http://127.0.0.1:${played?.journalPort}/calls${query}`);
  return (await response.text())
    .trimEnd()
    .split("\n")
    .map((line) => feedLine.parse(JSON.parse(line)));
}
const callsOf = (lines: readonly FeedLine[]): PlayedCall[] => lines.flatMap((line) => (line.kind === "call" ? [line.call] : []));
const endOf = (lines: readonly FeedLine[]) => lines.find((line) => line.kind === "end");

test("what it was asked is told with its request id, what answered, and both bodies", async () => {
  put("mocks/mail/mappings/accept.json", accept);
  const url = await play();

  const answer = await fetch(`${url}/messages`, { method: "POST", body: "hello", headers: traced("a") });
  expect(answer.status).toBe(202);

  const [call] = callsOf(await journal());
  expect(call).toMatchObject({
    requestId: id("a"),
    method: "POST",
    url: `${url}/messages`,
    status: 202,
    answeredBy: "stub",
    stub: { name: "accept-mail", file: "mocks/mail/mappings/accept.json" },
    requestBody: { base64: Buffer.from("hello").toString("base64"), sizeBytes: 5 },
    declared: true,
    violations: [],
  });
  expect(Buffer.from(call?.responseBody.base64 ?? "", "base64").toString()).toBe('{"id":"1"}');
  expect(said.at(-1)).toMatch(new RegExp(`^\\u0001${id("a")}\\u0002INFO POST ${url}/messages -> 202 by stub accept-mail in \\d+ ms$`));
});

test.each([
  ["X-Request-Id", { "x-request-id": "4BF92F35-77B3-4DA6-A3CE-929D0E0E4736" }, "4bf92f3577b34da6a3ce929d0e0e4736"],
  ["no id", {}, undefined],
  ["an id that is none", { "x-request-id": "42", traceparent: "what" }, undefined],
])("a caller with %s is told so", async (_what, headers, expected) => {
  const url = await play();
  await fetch(url, { headers });

  expect(callsOf(await journal())[0]?.requestId).toBe(expected);
});

test("a call that nothing answers names the stub that came closest, also in the log", async () => {
  put("mocks/mail/mappings/accept.json", accept);
  const url = await play();
  const answer = await fetch(`${url}/messagez`, { method: "POST" });
  expect(answer.status).toBe(404);

  const lines = await journal();
  expect(callsOf(lines)[0]).toMatchObject({
    answeredBy: "nothing",
    nearest: { stub: { name: "accept-mail" }, differences: ['path: expected "/messages" (urlPath), got "/messagez"'] },
  });
  expect(endOf(lines)).toMatchObject({ calls: 1, unmatched: 1, undeclared: 0 });
  expect(said.at(-1)).toMatch(/^WARN POST .* -> 404 by nothing, nearest stub accept-mail in \d+ ms; path: expected/);
});

test("HTTPS is answered on the same port with the certificate it was given", async () => {
  put("mocks/mail/mappings/accept.json", accept);
  const url = (await play()).replace("http:", "https:");
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = httpsRequest(`${url}/messages`, { method: "POST", ca: authority.certificate, servername: "mail.example" }, resolve);
    asked.once("error", reject).end();
  });
  await text(response);

  expect(response.statusCode).toBe(202);
  expect(callsOf(await journal())[0]?.url).toBe(`${url}/messages`);
});

test("stubs and the journal can be driven through /__admin, which is no call", async () => {
  const url = await play({ stubs: undefined });
  const injected = { name: "busy", request: { url: "/busy" }, response: { status: 503 }, metadata: { optional: true } };
  const made = await fetch(`${url}/__admin/mappings`, { method: "POST", body: JSON.stringify(injected), headers: traced("c") });
  expect(made.status).toBe(201);
  expect((await fetch(`${url}/busy`)).status).toBe(503);
  const found = await fetch(`${url}/__admin/requests/find`, { method: "POST", body: JSON.stringify({ url: "/busy" }) });
  expect(((await found.json()) as { requests: object[] }).requests).toHaveLength(1);

  const lines = await journal();
  expect(callsOf(lines)).toHaveLength(1);
  expect(endOf(lines)?.stubs).toEqual([
    { stub: { id: expect.any(String), name: "busy" }, calls: 1, injected: true, injectedBy: id("c"), optional: true },
  ]);
});

test("what a test clears from the journal it asks is still told", async () => {
  const url = await play();
  await fetch(`${url}/a`);
  await fetch(`${url}/__admin/requests`, { method: "DELETE" });
  await fetch(`${url}/__admin/reset`, { method: "POST" });

  expect(callsOf(await journal())).toHaveLength(1);
});

test("how often each stub was needed includes those a test took away, and calls whose answer is still waited for", async () => {
  put("mocks/mail/mappings/accept.json", accept);
  const url = await play();
  const stub = {
    id: "8c5db8b0-2db4-4ad7-a99f-38c9b00da3f7",
    name: "slow",
    request: { url: "/slow" },
    response: { fixedDelayMilliseconds: 60_000 },
  };
  await fetch(`${url}/__admin/mappings`, { method: "POST", body: JSON.stringify(stub) });
  const waiting = httpGet(`${url}/slow`).on("error", () => {});
  await expect.poll(async () => callsOf(await journal())).toMatchObject([{ delayMs: 60_000, stub: { name: "slow" } }]);
  await fetch(`${url}/__admin/mappings/${stub.id}`, { method: "DELETE" });

  const uses = endOf(await journal())?.stubs.map((use) => [use.stub.name, use.calls, use.injected]);
  expect(uses).toEqual([
    ["accept-mail", 0, false],
    ["slow", 1, true],
  ]);
  waiting.destroy();
});

test("a fault is told as such, without an answer that was never given", async () => {
  put("mocks/mail/mappings/reset.json", { request: { url: "/x" }, response: { fault: "CONNECTION_RESET_BY_PEER" } });
  const url = await play();
  await expect(fetch(`${url}/x`)).rejects.toThrow();

  const [call] = callsOf(await journal());
  expect(call).toMatchObject({ fault: "CONNECTION_RESET_BY_PEER", responseHeaders: [], answeredBy: "stub" });
  expect(call).not.toHaveProperty("status");
});

test("large bodies are told in part, with their whole size", async () => {
  const url = await play();
  await fetch(url, { method: "POST", body: "x".repeat(1_000_000) });

  const [call] = callsOf(await journal());
  expect(call?.requestBody.sizeBytes).toBe(1_000_000);
  expect(call?.requestBody.base64.length).toBeLessThan(400_000);
});

test("whoever follows hears of each call as it is answered, and may begin where another reading ended", async () => {
  const url = await play();
  await fetch(`${url}/1`);
  const reading = new AbortController();
  const response = await fetch(`http://127.0.0.1:${played?.journalPort}/calls?follow`, { signal: reading.signal });
  const seen: FeedLine[] = [];
  const reader = (async () => {
    let rest = "";
    for await (const chunk of response.body ?? []) {
      const parts = (rest + Buffer.from(chunk).toString()).split("\n");
      rest = parts.pop() ?? "";
      seen.push(...parts.map((line) => feedLine.parse(JSON.parse(line))));
    }
  })().catch(() => {});
  await expect.poll(() => callsOf(seen).length).toBe(1);
  await fetch(`${url}/2`);
  await expect.poll(() => callsOf(seen).map((call) => new URL(call.url).pathname)).toEqual(["/1", "/2"]);
  reading.abort();
  await reader;
  const [begin] = seen;
  const life = begin?.kind === "begin" ? begin.life : "";

  expect(callsOf(await journal(`?after=1&life=${life}`))).toHaveLength(1);
  // A number of another life says nothing about this one.
  expect(callsOf(await journal("?after=1&life=another"))).toHaveLength(2);
});

test("health is answered once everything listens", async () => {
  await play({ ports: [0, 0, 0] });

  expect(played?.ports).toHaveLength(3);
  expect((await fetch(`http://127.0.0.1:${played?.journalPort}/health`)).status).toBe(200);
  expect(callsOf(await journal())).toEqual([]);
});

test("a specification with mistakes is refused with every one of them", async () => {
  put("mocks/mail/mappings/a.json", { request: { urlPath: "/a", methd: "GET" } });
  put("mocks/mail/mappings/b.json", "{");

  const refused: unknown = await play().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Problem);
  expect((refused as Problem).findings.map(({ place }) => place.file.split("/").at(-1))).toEqual(["a.json", "b.json"]);
});

const document = `
openapi: 3.1.0
info: { title: Mail, version: "1" }
paths:
  /messages:
    post:
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [to], properties: { to: { type: string } } } } }
      responses: { "202": { description: ok } }
`;

test.each(["strict", "lenient"] as const)("what neither a stub nor the contract has is left unanswered (%s)", async (mode) => {
  put("specs/mail.yaml", document);
  put("mocks/mail/mappings/accept.json", accept);
  const url = await play({ openapi: ["specs/mail.yaml"], mode });
  await fetch(`${url}/messagez`, { method: "POST" });

  const lines = await journal();
  expect(callsOf(lines)).toMatchObject([
    { answeredBy: "nothing", status: 404, declared: false, nearest: { stub: { name: "accept-mail" } } },
  ]);
  expect(endOf(lines)).toMatchObject({ unmatched: 1, undeclared: 0 });
});

test("a file of the path's name is an answer", async () => {
  put("mocks/mail/__files/logo.txt", "logo");
  const url = await play();
  expect(await (await fetch(`${url}/logo.txt`)).text()).toBe("logo");

  expect(callsOf(await journal())).toMatchObject([{ answeredBy: "stub", stub: { name: "__files/logo.txt" } }]);
});

test("a call that breaks the contract says where, and by which rule of which file of the project", async () => {
  put("specs/mail.yaml", document);
  const url = await play({ stubs: undefined, openapi: ["specs/mail.yaml"] });
  const send = (body: string) => fetch(`${url}/messages`, { method: "POST", body, headers: { "content-type": "application/json" } });
  await send('{"to":"a"}');
  await send('{"to":null}');
  await fetch(`${url}/other`);

  const lines = await journal();
  const calls = callsOf(lines);
  expect(calls.map(({ answeredBy, declared }) => [answeredBy, declared])).toEqual([
    ["contract", true],
    ["contract", true],
    ["nothing", false],
  ]);
  expect(calls.map(({ violations }) => violations.length)).toEqual([0, 1, 0]);
  expect(calls[1]?.violations[0]).toMatchObject({
    side: "request",
    at: expect.stringContaining("to"),
    rule: expect.stringMatching(/^specs\/mail\.yaml#/),
  });
  expect(endOf(lines)).toMatchObject({ calls: 3, unmatched: 1, undeclared: 1 });
});

test("a stub that also answers what the contract has no operation for is told as undeclared", async () => {
  put("specs/mail.yaml", document);
  put("mocks/mail/mappings/other.json", { request: { urlPathPattern: "/(messages|other)" }, response: { status: 202 } });
  const url = await play({ openapi: ["specs/mail.yaml"] });
  await fetch(`${url}/other`);

  expect(callsOf(await journal())).toMatchObject([{ answeredBy: "stub", declared: false }]);
});
