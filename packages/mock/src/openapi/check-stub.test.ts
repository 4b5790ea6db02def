import { formatFinding } from "@dojang/model";
import { describe, expect, test } from "vitest";
import type { RequestPattern, ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import { contractOfFixture } from "./testing/contract-of.ts";

const json = { "Content-Type": "application/json" };
const pet = { id: 1, name: "Mimi" };

function stub(
  url: string,
  response: Partial<ResponseDefinition>,
  more: Omit<Partial<StubMapping>, "request"> & { readonly request?: Partial<RequestPattern> } = {},
): StubMapping {
  const { request, ...rest } = more;
  return {
    id: "9d1f8a52-54f5-4a3b-8f7e-1c1f0a8e7f10",
    name: "a pet",
    request: { url: { kind: "urlPath", value: url }, method: { kind: "one", name: "GET" }, ...request },
    response: { status: 200, headers: json, ...response },
    ...rest,
  };
}

const contract = await contractOfFixture("petstore.yaml");
const findings = (...given: Parameters<typeof stub>) =>
  contract.checkStub(stub(...given)).map(({ place, message }) => `${place.path}: ${message}`);

describe("a stub that the contract allows", () => {
  test.each([
    ["/v1/pets/1", { body: { kind: "jsonBody", value: pet } }],
    ["/v1/pets/1", { headers: {}, body: { kind: "body", text: JSON.stringify(pet) } }],
    [
      "/v1/pets/1",
      { status: 404, headers: { "Content-Type": "application/problem+json" }, body: { kind: "jsonBody", value: { title: "none" } } },
    ],
    ["/v1/pets", { headers: { ...json, "X-Total-Count": "3" }, body: { kind: "jsonBody", value: [] } }],
  ] as const)("%s %j is taken", (url, response) => {
    expect(findings(url, response)).toEqual([]);
  });
});

describe("a stub that the contract does not allow", () => {
  test("is told with both places", () => {
    const [finding] = contract.checkStub(stub("/v1/pets/1", { body: { kind: "jsonBody", value: { id: "one", name: "Mimi" } } }));
    expect(finding && formatFinding(finding)).toBe(
      'stub "a pet" (9d1f8a52-54f5-4a3b-8f7e-1c1f0a8e7f10) response.jsonBody.id: body/id must be integer, got "one" (petstore.yaml#/components/schemas/Pet/allOf/1/properties/id/type, line 151); ' +
        "correct the stub or the document; a stub that breaks the contract on purpose says so: metadata: { dojang: { contract: ignore } }",
    );
  });

  test("by status, type, body or headers", () => {
    expect(findings("/v1/pets/1", { status: 500 })).toEqual([
      expect.stringContaining("response.status: status 500 is not declared by GET /pets/{petId}; declared: 200, 404"),
    ]);
    expect(findings("/v1/pets/1", { headers: { "Content-Type": "text/html" }, body: { kind: "body", text: "<p>" } })).toEqual([
      expect.stringContaining("response.headers.content-type: header.content-type must be one of application/json"),
    ]);
    expect(findings("/v1/pets/1", {})).toEqual([expect.stringContaining("response.body: body is missing")]);
    expect(findings("/v1/pets/1", { body: { kind: "body", text: "{" } })).toEqual([
      expect.stringContaining("response.body: body is not JSON"),
    ]);
    expect(findings("/v1/pets", { body: { kind: "jsonBody", value: [] } })).toEqual([
      expect.stringContaining("response.headers.x-total-count: header.x-total-count is missing"),
    ]);
    expect(
      findings("/v1/pets/1/photo", { headers: { "Content-Type": "image/png" }, body: { kind: "base64Body", base64: "AAAA" } }),
    ).toEqual([]);
  });

  test("by a path or method that is not declared", () => {
    expect(findings("/v1/pet/1", {})).toEqual([
      "request.urlPath: no document declares the path /v1/pet/1; nearest is GET, DELETE /v1/pets/{petId}",
    ]);
    expect(
      findings(
        "/v1/pets?limit=1",
        {},
        { request: { url: { kind: "url", value: "/v1/pets?limit=1" }, method: { kind: "one", name: "PUT" } } },
      ),
    ).toEqual([
      expect.stringContaining("request.url: /v1/pets is declared with GET, POST, not with PUT (petstore.yaml#/paths/~1pets/get, line 15)"),
    ]);
    expect(findings("/v1/x/{id}/y/z", {}, { request: { url: { kind: "urlPathTemplate", value: "/v1/x/{id}/y/z" } } })).toEqual([
      expect.stringContaining("no document declares the path /v1/x/{id}/y/z"),
    ]);
  });

  test("in any of its responses", () => {
    const responses: ResponseDefinition[] = [
      { status: 200, headers: json, body: { kind: "jsonBody", value: pet } },
      { status: 503, headers: json },
    ];
    expect(findings("/v1/pets/1", {}, { responses })).toEqual([expect.stringContaining("responses[1].status: status 503 is not declared")]);
  });
});

describe("only what is sure is refused", () => {
  test.each<[string, Partial<ResponseDefinition>]>([
    ["a templated body", { transformers: ["response-template"], body: { kind: "jsonBody", value: { id: "{{request.path.[2]}}" } } }],
    ["a file", { body: { kind: "bodyFileName", name: "pet.json" } }],
    ["a fault", { status: 599, fault: "EMPTY_RESPONSE" }],
    ["a target", { status: 599, proxyBaseUrl: "https://pets.example.com" }],
    ["a compressed body", { headers: { ...json, "Content-Encoding": "gzip" }, body: { kind: "base64Body", base64: "AAAA" } }],
    ["a transformer of somebody's own", { status: 599, transformers: ["mine"] }],
  ])("%s is not judged", (_, response) => {
    expect(findings("/v1/pets/1", response)).toEqual([]);
  });

  test("but what stands beside a template is", () => {
    expect(findings("/v1/pets/1", { status: 500, transformers: ["response-template"], body: { kind: "body", text: "{{now}}" } })).toEqual([
      expect.stringContaining("status 500"),
    ]);
  });

  test("patterns of URLs, other hosts, OPTIONS and HEAD are taken", () => {
    const url = (kind: "urlPattern" | "urlPathPattern", value: string) => ({ request: { url: { kind, value } } });
    expect(findings("", { status: 500 }, url("urlPattern", "/nowhere/.*"))).toEqual([]);
    expect(findings("", { status: 500 }, url("urlPathPattern", "/nowhere"))).toEqual([]);
    expect(findings("", { status: 500 }, { request: { url: { kind: "any" } } })).toEqual([]);
    expect(findings("/elsewhere", { status: 500 }, { request: { host: { kind: "equalTo", value: "other.example" } } })).toEqual([]);
    expect(findings("/elsewhere", { status: 500 }, { request: { host: { kind: "equalTo", value: "EU.pets.example.com" } } })).toHaveLength(
      1,
    );
    expect(findings("/v1/pets", { status: 200 }, { request: { method: { kind: "one", name: "OPTIONS" } } })).toEqual([]);
    expect(findings("/v1/pets/1", { status: 200 }, { request: { method: { kind: "one", name: "HEAD" } } })).toEqual([]);
  });

  test("of several operations, what one of them allows is allowed", () => {
    const any = { request: { method: { kind: "any" as const } } };
    expect(findings("/v1/pets/1", { status: 204, headers: {} }, any)).toEqual([]);
    expect(findings("/v1/pets/1", { status: 418 }, any)).toEqual([expect.stringContaining("status 418 is not declared")]);
    expect(findings("/v1/pets/1", { status: 204 }, { request: { method: { kind: "oneOf", names: ["GET", "PUT"] } } })).toEqual([
      expect.stringContaining("status 204"),
    ]);
    expect(findings("/v1/pets/1", { status: 204, headers: {} }, { request: { method: { kind: "noneOf", names: ["GET"] } } })).toEqual([]);
    const template = { request: { url: { kind: "urlPathTemplate" as const, value: "/v1/pets/{any}" } } };
    expect(findings("", { body: { kind: "jsonBody", value: pet } }, template)).toEqual([]);
    expect(findings("", { status: 418 }, template)).toEqual([expect.stringContaining("status 418")]);
  });

  test("a stub may break the contract on purpose", () => {
    expect(findings("/v1/pets/1", { status: 500 }, { metadata: { dojang: { contract: "ignore" } } })).toEqual([]);
  });
});
