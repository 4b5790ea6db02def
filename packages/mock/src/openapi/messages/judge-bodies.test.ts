import { describe, expect, test } from "vitest";
import { api, ask, contractOf, contractOfFixture, violationsOf } from "../testing/contract-of.ts";

const key = { "X-Api-Key": "k" };

const ok = { responses: { 204: { description: "ok" } } };

describe("bodies", () => {
  test("are judged by the schema of their type", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    expect(violationsOf(contract, ask("POST /v1/pets", key, { name: "", weight: 0, status: "lost" }))).toEqual([
      'body/name must have at least 1 characters, got ""',
      'body/status must be one of "available", "pending", "sold", got "lost"',
      "body/weight must be > 0, got 0",
    ]);
    expect(violationsOf(contract, ask("POST /v1/pets", key, { name: "a", weight: 19.99, secret: "s" }))).toEqual([]);
    expect(violationsOf(contract, ask("POST /v1/pets", key, { name: "a", weight: null }))).toEqual([]);
    expect(violationsOf(contract, ask("POST /v1/pets", key))).toEqual(["body is missing"]);
    expect(violationsOf(contract, ask("POST /v1/pets", { ...key, "Content-Type": "application/json" }, "{no"))[0]).toMatch(
      /^body is not JSON: /,
    );
  });

  test("of another type than declared, or of none, say which are allowed", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const types = "application/json, application/x-www-form-urlencoded";
    expect(violationsOf(contract, ask("POST /v1/pets", { ...key, "Content-Type": "text/plain" }, "hi"))).toEqual([
      `header.content-type must be one of ${types}, got text/plain`,
    ]);
    expect(violationsOf(contract, ask("POST /v1/pets", key, "hi"))).toEqual([`header.content-type is missing; allowed: ${types}`]);
    expect(
      violationsOf(contract, ask("POST /v1/pets", { ...key, "Content-Type": "Application/JSON; charset=utf-8" }, '{"name":"a"}')),
    ).toEqual([]);
  });

  test("the most exact declared type is the one that counts", async () => {
    const content = {
      "*/*": {},
      "application/*": { schema: { type: "string" } },
      "application/*+json": { schema: { type: "integer" } },
      "application/vnd.x+json; version=2": { schema: { type: "boolean" } },
    };
    const contract = await contractOf(api({ "/a": { post: { requestBody: { content }, ...ok } } }));
    const faults = (type: string, body: string) => violationsOf(contract, ask("POST /a", { "Content-Type": type }, body));
    expect(faults("application/vnd.y+json", "true")).toEqual(["body must be integer, got true"]);
    expect(faults("application/vnd.x+json; version=2", "1")).toEqual(["body must be boolean, got 1"]);
    expect(faults("application/vnd.x+json; version=1", "1")).toEqual([]);
    expect(faults("application/json", "1")).toEqual(["body must be string, got 1"]);
    expect(faults("image/png", "1")).toEqual([]);
  });

  test("forms are objects of their pairs", async () => {
    const integer = { type: "integer" };
    const schema = {
      type: "object",
      required: ["amount"],
      additionalProperties: false,
      properties: {
        amount: integer,
        tags: { type: "array", items: integer },
        joined: { type: "array", items: integer },
        meta: { type: "object", properties: { size: integer } },
        card: { type: "object", properties: { number: { type: "string" }, cvc: integer } },
      },
    };
    const content = { "application/x-www-form-urlencoded": { schema, encoding: { joined: { style: "form", explode: false } } } };
    const contract = await contractOf(api({ "/a": { post: { requestBody: { content }, ...ok } } }));
    const faults = (body: string) => violationsOf(contract, ask("POST /a", { "Content-Type": "application/x-www-form-urlencoded" }, body));
    expect(faults("amount=5&tags=1&tags=2&joined=1,2&meta=%7B%22size%22:1%7D&card[number]=42&card[cvc]=1")).toEqual([]);
    expect(faults("amount=x&tags=1&tags=b&joined=1,c&card[cvc]=d&unknown=1&unknown=2")).toEqual([
      'body "unknown" is not declared',
      'body/amount must be integer, got "x"',
      'body/tags/1 must be integer, got "b"',
      'body/joined/1 must be integer, got "c"',
      'body/card/cvc must be integer, got "d"',
    ]);
    expect(faults("tags=1")).toEqual(['body "amount" is missing']);
  });

  test("multipart bodies are objects of their parts", async () => {
    const contract = await contractOfFixture("petstore.yaml");
    const send = (...parts: string[]) =>
      ask(
        "POST /v1/pets/1/photo",
        { ...key, "Content-Type": "multipart/form-data; boundary=B" },
        `${parts.map((part) => `--B\r\n${part}\r\n`).join("")}--B--\r\n`,
      );
    const field = (name: string, value: string, type?: string) =>
      `Content-Disposition: form-data; name="${name}"${type === undefined ? "" : `\r\nContent-Type: ${type}`}\r\n\r\n${value}`;
    const file = 'Content-Disposition: form-data; name="photo"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\u0089PNG';
    expect(
      violationsOf(contract, send(file, field("caption", "short"), field("place", '{"lat":1}'), field("tags", "1"), field("tags", "2"))),
    ).toEqual([]);
    expect(
      violationsOf(
        contract,
        send(
          field("photo", "x", "text/html"),
          field("caption", "much too long"),
          field("place", "{}"),
          field("tags", "x"),
          field("more", "1"),
        ),
      ),
    ).toEqual([
      "body/photo must be of type image/png, image/jpeg, got text/html",
      'body "more" is not declared',
      'body/caption must have at most 10 characters, got "much too long"',
      'body/place "lat" is missing',
      'body/tags/0 must be integer, got "x"',
    ]);
    expect(violationsOf(contract, send(field("caption", "a")))).toEqual(['body "photo" is missing']);
  });

  test("text and bytes are judged as text; XML is not looked into", async () => {
    const content = {
      "text/plain": { schema: { type: "integer", maximum: 5 } },
      "application/octet-stream": { schema: { type: "string", format: "binary", maxLength: 2 } },
      "application/xml": { schema: { type: "object", required: ["a"] } },
    };
    const contract = await contractOf(api({ "/a": { post: { requestBody: { content }, ...ok } } }));
    const faults = (type: string, body: string) => violationsOf(contract, ask("POST /a", { "Content-Type": type }, body));
    expect(faults("text/plain", "7")).toEqual(["body must be <= 5, got 7"]);
    expect(faults("text/plain", "3")).toEqual([]);
    expect(faults("application/octet-stream", "abc")).toEqual(['body must have at most 2 characters, got "abc"']);
    expect(faults("application/xml", "<x/>")).toEqual([]);
  });

  test("of an operation that declares none are let be", async () => {
    const contract = await contractOf(api({ "/a": { get: ok } }));
    expect(violationsOf(contract, ask("GET /a", {}, { any: 1 }))).toEqual([]);
  });
});
