import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { exampleRequest } from "../request/example-request.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { createTemplateEngine } from "./create-template-engine.ts";
import { type CaseFile, type Expected, HOST, outcome, requestOf, sentHeaders, type TemplateCase } from "./fixtures/template-case.ts";

const engine = createTemplateEngine({ environment: { WIREMOCK_GREETING: "hello", PATH: "/secret" } });
const folder = new URL("fixtures/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

// Where the cases were recorded.
beforeAll(() => void vi.stubEnv("TZ", "UTC"));
afterAll(() => void vi.unstubAllEnvs());

function mockRequest(file: CaseFile, one: TemplateCase): MockRequest {
  const { method, url, ...rest } = requestOf(file, one);
  const [host = "", port] = HOST.split(":");
  return exampleRequest({ method, url, host, port: Number(port), clientIp: "127.0.0.1", ...rest, headers: sentHeaders(rest) });
}

function pathParameters(file: CaseFile, path: string): Record<string, string> | undefined {
  if (file.pathTemplate === undefined) return undefined;
  const given = path.split("/");
  const named = file.pathTemplate
    .split("/")
    .flatMap((segment, at) => (segment.startsWith("{") ? [[segment.slice(1, -1), given[at] ?? ""] as const] : []));
  return Object.fromEntries(named);
}

async function rendered(file: CaseFile, one: TemplateCase): Promise<Expected> {
  const request = mockRequest(file, one);
  const answer = await engine.renderResponse(
    { status: 200, body: { kind: "body", text: one.template } },
    { request, pathParameters: pathParameters(file, request.path), parameters: file.parameters },
    async () => undefined,
  );
  return outcome(answer.status, answer.body?.kind === "body" ? answer.body.text : "");
}

for (const name of names) {
  // Written by record-cases.ts in this shape.
  const file = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as CaseFile;
  describe(`${name}: ${file.about}`, () => {
    it("has cases", () => expect(file.cases.length).toBeGreaterThan(0));
    it.each(file.cases.map((one, at) => [`${at + 1} ${one.template}`, one] as const))("%s", async (_title, one) => {
      const actual = await rendered(file, one);
      if (one.shape !== undefined) {
        expect(typeof actual === "string" ? actual : actual.body).toMatch(new RegExp(one.shape, "s"));
        return;
      }
      if (one.here) expect(actual, "the difference is gone: remove it").not.toEqual(one.expected);
      expect(actual).toEqual(one.here?.expected ?? one.expected);
    });
  });
}
