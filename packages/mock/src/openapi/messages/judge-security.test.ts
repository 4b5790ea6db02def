import { describe, expect, test } from "vitest";
import { api, ask, contractOf, violationsOf } from "../testing/contract-of.ts";

const ok = { responses: { 204: { description: "ok" } } };

describe("credentials", () => {
  const schemes = {
    key: { type: "apiKey", in: "query", name: "key" },
    session: { type: "apiKey", in: "cookie", name: "sid" },
    basic: { type: "http", scheme: "basic" },
    token: { type: "http", scheme: "Bearer" },
    oauth: { type: "oauth2", flows: {} },
    oidc: { type: "openIdConnect", openIdConnectUrl: "https://x.example" },
    tls: { type: "mutualTLS" },
  };
  const faults = async (security: unknown, url: string, headers: Readonly<Record<string, string>> = {}) =>
    violationsOf(
      await contractOf(api({ "/a": { get: { security, ...ok } } }, { components: { securitySchemes: schemes } })),
      ask(`GET ${url}`, headers),
    );
  const basic = `Basic ${Buffer.from("a:b").toString("base64")}`;

  test("of each kind are looked for where they belong", async () => {
    expect(await faults([{ key: [] }], "/a")).toEqual(['query.key is missing: "key" asks for a key']);
    expect(await faults([{ key: [] }], "/a?key=1")).toEqual([]);
    expect(await faults([{ session: [] }], "/a", { Cookie: "sid=1" })).toEqual([]);
    expect(await faults([{ basic: [] }], "/a", { Authorization: basic })).toEqual([]);
    expect(await faults([{ basic: [] }], "/a", { Authorization: "Basic !" })).toEqual([
      "header.authorization must be a name and a password, joined by a colon, in base64",
    ]);
    expect(await faults([{ basic: [] }], "/a", { Authorization: "Bearer x" })).toEqual([
      "header.authorization must begin with basic, got Bearer",
    ]);
    for (const scheme of ["token", "oauth", "oidc"]) {
      expect(await faults([{ [scheme]: ["read"] }], "/a", { Authorization: "bearer x" })).toEqual([]);
      expect(await faults([{ [scheme]: [] }], "/a", { Authorization: "Bearer" })).toEqual([
        "header.authorization has no credentials after Bearer",
      ]);
    }
    expect(await faults([{ tls: [] }], "/a")).toEqual([]);
  });

  test("all of one requirement, one of several, or none when that is allowed", async () => {
    expect(await faults([{ key: [], session: [] }], "/a?key=1")).toEqual(['cookie.sid is missing: "session" asks for a key']);
    expect(await faults([{ key: [], session: [] }, { token: [] }], "/a", { Authorization: "Bearer x" })).toEqual([]);
    expect(await faults([{ key: [] }, { token: [] }], "/a")).toEqual([
      'query.key is missing: "key" asks for a key (or one of 1 other ways)',
    ]);
    expect(await faults([{ key: [] }, {}], "/a")).toEqual([]);
    expect(await faults([], "/a")).toEqual([]);
  });
});
