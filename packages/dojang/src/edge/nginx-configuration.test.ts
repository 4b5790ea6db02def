import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { directive, printDirectives } from "./directive.ts";
import type { EdgeSite } from "./edge-site.ts";
import { readSite } from "./edge-test-bed.ts";
import { includedConfiguration, ownConfiguration } from "./nginx-configuration.ts";

const golden = join(import.meta.dirname, "fixtures", "two-sites.conf");

function request(sites: readonly EdgeSite[]) {
  const files = { chain: "/home/d/chain.pem", key: "/home/d/key.pem" };
  return {
    home: "/home/d",
    sites,
    certificates: new Map(sites.map((site) => [site.id, files])),
    nginx: { version: [1, 22, 1], hasIpv6: true, user: { name: "www-data", group: "www-data", groupId: 33 }, openFiles: 20_000 },
    prefix: "dojang_0123ab",
    socketBase: "s",
    pages: "/home/d/edge/pages",
    accessLog: "/home/d/edge/logs/access.log",
  } as const;
}

const todo: EdgeSite = {
  id: "todo-production",
  statusPage: true,
  definition: readSite({
    hosts: ["todo.example", "www.todo.example"],
    routes: [
      { path: "/", to: "web" },
      { path: "/api", to: "api", port: 8001, strip: true },
    ],
    static: [{ path: "/assets", from: "web/dist" }],
    tls: { acme: { email: "a@example.org" } },
    hsts: "365d",
    headers: { "X-Frame-Options": "DENY" },
    "rate-limit": { rate: "90/m", burst: 20 },
  }),
};
const plain: EdgeSite = { id: "plain", statusPage: false, definition: readSite({ hosts: ["plain.example"], listen: { http: 8080 } }) };

describe("the configuration", () => {
  test("of two sites is the one that was read by people", async () => {
    const text = ownConfiguration(request([plain, todo]));
    expect(text).toBe(await readFile(golden, "utf8"));
  });

  test("for another nginx says nothing outside of servers that could change that one's own sites", () => {
    const text = includedConfiguration(request([plain, todo]));
    const outside = text
      .split("\n")
      .filter((line) => /^[a-z]/.test(line))
      .map((line) => line.split(" ")[0]);
    expect([...new Set(outside)].sort()).toEqual([
      "geo",
      "limit_conn_zone",
      "limit_req_zone",
      "log_format",
      "map",
      "server",
      "split_clients",
    ]);
    expect(text).not.toContain("default_server");
  });

  test("a newer nginx gets HTTP/2 by its own directive", () => {
    const text = ownConfiguration({ ...request([todo]), nginx: { ...request([]).nginx, version: [1, 26, 0] } });
    expect(text).toContain("http2 on;");
    expect(text).not.toContain("ssl http2");
  });

  test("a home that nginx would read as a variable is refused", () => {
    expect(() => ownConfiguration({ ...request([plain]), home: "/home/$user" })).toThrow("dollar sign");
  });
});

test("text is quoted so that it is one value whatever is in it", () => {
  expect(printDirectives([directive("x", "a b", 'c"d\\', "$e", "", "plain/é")], "d")).toBe(`x "a b" "c\\"d\\\\" "\${d}e" "" "plain/é";\n`);
  expect(() => printDirectives([directive("x", "\0")], "d")).toThrow("zero byte");
});
