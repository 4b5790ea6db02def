import { describe, expect, it } from "vitest";
import { JsonNumber } from "../json/json-value.ts";
import type { Json, ResponseDefinition } from "../mapping/stub-mapping.ts";
import { exampleRequest } from "../request/example-request.ts";
import { createTemplateEngine } from "./create-template-engine.ts";
import { TemplateError } from "./language/template-error.ts";
import type { TemplateContext } from "./template-engine.ts";

const engine = createTemplateEngine();
const request = exampleRequest({
  method: "POST",
  url: "/things/7?file=a&bad=x%0D%0AEvil:%201%ED%95%9C",
  body: '{"name":"Tom"}',
  id: "0a1b2c3d-0000-4000-8000-000000000001",
});
const context: TemplateContext = { request, pathParameters: undefined, parameters: {} };
const binary = Buffer.from([0xff, 0xfe, 0x00]);
const files: Record<string, Buffer> = {
  "a.txt": Buffer.from("file {{request.method}} {{parameters.p}}"),
  "plain.txt": Buffer.from("plain }}"),
  "broken.txt": Buffer.from("{{foo bar}}"),
  "picture.png": binary,
};
const readFile = async (name: string): Promise<Buffer | undefined> => files[name];

function render(definition: ResponseDefinition, change: Partial<TemplateContext> = {}): Promise<ResponseDefinition> {
  return engine.renderResponse(definition, { ...context, ...change }, readFile);
}

describe("rendering a response", () => {
  it("a definition without a template comes back as the same object", async () => {
    const body = { kind: "jsonBody", value: { a: { b: {} }, text: "}} and {x}" } } as const;
    const definition: ResponseDefinition = { status: 201, body, headers: { A: ["1", "2"] }, proxyBaseUrl: "http://x" };
    expect(await render(definition)).toBe(definition);
  });

  it("renders text bodies and keeps everything else", async () => {
    const answer = await render({
      status: 203,
      statusMessage: "{{request.method}}",
      fixedDelayMilliseconds: 5,
      body: { kind: "body", text: "<{{request.method}}>" },
    });
    expect(answer).toEqual({
      status: 203,
      statusMessage: "{{request.method}}",
      fixedDelayMilliseconds: 5,
      body: { kind: "body", text: "<POST>" },
    });
  });

  it("sees the host as it was sent, though matching compares it in lower case", async () => {
    const asked = exampleRequest({ url: "/", absoluteUrl: "http://API.Example:8080/" });
    const answer = await render({ status: 200, body: { kind: "body", text: "{{request.host}}:{{request.port}}" } }, { request: asked });
    expect(answer.body).toEqual({ kind: "body", text: "API.Example:8080" });
  });

  it("renders JSON bodies as one line of text, names too, numbers as they were written", async () => {
    // A number no JavaScript number prints like; stub files hold them so.
    const fraction = new JsonNumber("1.50") as unknown as Json;
    const value = { "{{request.method}}": 1, a: "{{jsonPath request.body '$.missing' default='d'}}", b: [1, null, true, fraction], c: {} };
    const answer = await render({ status: 200, body: { kind: "jsonBody", value: { ...value, a: "{{request.path}}" } } });
    expect(answer.body).toEqual({ kind: "body", json: true, text: '{"POST":1,"a":"/things/7","b":[1,null,true,1.50],"c":{}}' });
  });

  it("leaves base64 bodies and status messages alone", async () => {
    const body = { kind: "base64Body", base64: Buffer.from("{{request.method}}").toString("base64") } as const;
    expect(await render({ status: 200, body, headers: { A: "{{request.method}}" } })).toEqual({
      status: 200,
      body,
      headers: { A: "POST" },
    });
  });

  it("renders the values of headers, not their names", async () => {
    const answer = await render({
      status: 200,
      headers: { "X-{{request.method}}": "n", A: ["a{{request.method}}", "b"], B: "{{request.path}}" },
    });
    expect(answer.headers).toEqual({ "X-{{request.method}}": "n", A: ["aPOST", "b"], B: "/things/7" });
  });

  it("nothing of a request ends a header's line", async () => {
    const answer = await render({ status: 200, headers: { A: "{{request.query.bad}}" } });
    expect(answer.headers).toEqual({ A: "x  Evil: 1 " });
  });

  it("variables of one field are not seen by another", async () => {
    const answer = await render({
      status: 200,
      headers: { A: "<{{v}}>" },
      body: { kind: "body", text: "{{#assign 'v'}}1{{/assign}}{{v}}" },
    });
    expect(answer).toEqual({ status: 200, headers: { A: "<>" }, body: { kind: "body", text: "1" } });
  });

  it("parameters reach templates but are no templates themselves", async () => {
    const parameters = { a: "{{request.method}}", n: [1, { x: 1.5 }] };
    const answer = await render({ status: 200, body: { kind: "body", text: "{{parameters.a}} {{parameters.n}}" } }, { parameters });
    expect(answer.body).toEqual({ kind: "body", text: "{{request.method}} [1, {x=1.5}]" });
  });

  it("path parameters are members of the path", async () => {
    const answer = await render(
      { status: 200, body: { kind: "body", text: "{{request.path.id}} {{request.path}}" } },
      { pathParameters: { id: "7" } },
    );
    expect(answer.body).toEqual({ kind: "body", text: "7 /things/7" });
  });

  it("renders the name of a body file, then its text", async () => {
    const answer = await render(
      { status: 200, body: { kind: "bodyFileName", name: "{{request.query.file}}.txt" } },
      { parameters: { p: "P" } },
    );
    expect(answer.body).toEqual({ kind: "body", text: "file POST P" });
  });

  it("disableBodyFileTemplating renders the name only, and only when it is true", async () => {
    const definition: ResponseDefinition = { status: 200, body: { kind: "bodyFileName", name: "{{request.query.file}}.txt" } };
    expect((await render(definition, { parameters: { disableBodyFileTemplating: true } })).body).toEqual({
      kind: "bodyFileName",
      name: "a.txt",
    });
    expect((await render(definition, { parameters: { disableBodyFileTemplating: "true" } })).body).toEqual({
      kind: "body",
      text: "file POST ",
    });
  });

  it.each(["plain.txt", "picture.png", "missing.txt"])("leaves %s to be read by whoever sends it", async (name) => {
    expect(await render({ status: 200, body: { kind: "bodyFileName", name } })).toEqual({
      status: 200,
      body: { kind: "bodyFileName", name },
    });
  });

  it("renders the target of a proxy and the headers added for it", async () => {
    const additionalProxyRequestHeaders = { "X-Name": "{{request.path}}" };
    const answer = await render({ status: 200, proxyBaseUrl: "http://{{request.method}}.example", additionalProxyRequestHeaders });
    expect(answer).toEqual({ status: 200, proxyBaseUrl: "http://POST.example", additionalProxyRequestHeaders: { "X-Name": "/things/7" } });
  });

  it("added headers without a proxy are left alone", async () => {
    const additionalProxyRequestHeaders = { "X-Name": "{{request.path}}" };
    const answer = await render({ status: 200, additionalProxyRequestHeaders });
    expect(answer.additionalProxyRequestHeaders).toEqual(additionalProxyRequestHeaders);
  });

  it.each<[string, ResponseDefinition, string]>([
    ["a body that cannot be compiled", { status: 200, body: { kind: "body", text: "x {{foo bar}}" } }, "1:2: could not find helper: 'foo'"],
    [
      "a body that fails",
      { status: 200, body: { kind: "body", text: "x {{math 1 '/' 0}}" } },
      "1:2: java.lang.ArithmeticException: / by zero",
    ],
    ["a header", { status: 200, headers: { A: "{{/if}}" } }, "1:1: found: '{{/', expected: '<EOF>'"],
    ["a file", { status: 200, body: { kind: "bodyFileName", name: "broken.txt" } }, "1:2: could not find helper: 'foo'"],
    ["a file's name", { status: 200, body: { kind: "bodyFileName", name: "{{foo bar}}" } }, "1:2: could not find helper: 'foo'"],
    ["a proxy's target", { status: 200, proxyBaseUrl: "{{request.path" + "}}}" }, "1:14: found: '}}}', expected: '}}'"],
  ])("the failure of %s is the answer, and is told", async (_title, definition, message) => {
    const told: string[] = [];
    const answer = await render({ fixedDelayMilliseconds: 9, ...definition }, { onError: (text) => told.push(text) });
    expect(answer).toEqual({ status: 500, headers: { "Content-Type": "text/plain" }, body: { kind: "body", text: message } });
    expect(told).toEqual([message]);
  });

  it("a template is compiled once, also when it is broken, and the cache is bounded", async () => {
    const small = createTemplateEngine({ maxCacheEntries: 2 });
    for (let round = 0; round < 3; round++) {
      for (const name of ["a", "b", "c"]) expect(small.render(`{{upper '${name}'}}`, {})).toBe(name.toUpperCase());
      expect(() => small.render("{{foo bar}}", {})).toThrow(TemplateError);
    }
  });
});

describe("rendering one text against a model", () => {
  it("webhooks see the original request and their parameters", () => {
    const model = { originalRequest: request, parameters: { list: [1, "two"], nested: { a: null } } };
    expect(
      engine.render(
        "{{originalRequest.method}} {{originalRequest.path}} {{originalRequest.query.file}} {{parameters.list}} {{parameters.nested}}",
        model,
      ),
    ).toBe("POST /things/7 a [1, two] {a=null}");
    expect(engine.render("{{request.method}}{{originalRequest.id}}", model)).toBe("0a1b2c3d-0000-4000-8000-000000000001");
  });

  it("names of files are made of plain text", () => {
    expect(engine.render("{{{method}}}-{{{url}}}.json", { method: "GET", url: "a&b" })).toBe("GET-a&b.json");
  });

  it("takes only data of a model", () => {
    const model = { when: new Date(0), run: () => "ran", nothing: undefined, big: 12345678901234567890n, fraction: 0.1 };
    expect(engine.render("{{when}}|{{run}}|{{nothing}}|{{big}}|{{fraction}}", model)).toBe("{}|||12345678901234567890|0.1");
  });

  it("a template that fails throws with WireMock's message, the template's name in it", () => {
    expect(() => engine.render("{{math 1 '/' 0}}", {})).toThrow(/^inline@[0-9a-f]+:1:2: java\.lang\.ArithmeticException: \/ by zero/);
    expect(() => engine.render("{{foo bar}}", {})).toThrow(/^inline@331383b9:1:2: could not find helper: 'foo'/);
  });

  it("the same seed draws the same values", () => {
    const template = "{{randomValue length=20}} {{randomInt}} {{randomValue type='UUID'}} {{pickRandom (range 1 1000)}}";
    const draw = (seed: number) => createTemplateEngine({ seed }).render(template, {});
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
    expect(draw(1)).toMatch(/^[a-z0-9]{20} -?\d+ [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} \d+$/);
  });
});
