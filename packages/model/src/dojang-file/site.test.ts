import { expect, test } from "vitest";
import { site } from "./site.ts";

const least = { hosts: ["todo.example"], routes: [{ path: "/", to: "web" }] };

test("a site with a host and a route has everything else by default", () => {
  expect(site.parse(least)).toMatchObject({
    listen: { address: "*", http: 80, https: 443 },
    nginx: "own",
    tls: { kind: "self-signed" },
    bodyLimitBytes: 10 * 1024 * 1024,
    connectionLimit: 256,
    health: { method: "GET", target: "/" },
  });
});

test("a path's slash at the end means nothing, and hosts are read without their case", () => {
  const read = site.parse({ hosts: ["Todo.Example"], routes: [{ path: "/api/", to: "api" }], static: [{ path: "/", from: "dist" }] });
  expect([read.hosts, read.routes[0]?.path, read.static[0]?.path]).toEqual([["todo.example"], "/api", "/"]);
});

test.each<[string, Record<string, unknown>, string]>([
  ["a path that leaves another", { routes: [{ path: "/api/../admin", to: "web" }] }, "must have no empty, '.' or '..' part"],
  ["an empty part of a path", { routes: [{ path: "/api//x", to: "web" }] }, "must have no empty, '.' or '..' part"],
  ["a path with what nginx would read", { routes: [{ path: "/a;{", to: "web" }] }, "must be a path that begins with '/'"],
  [
    "a path twice",
    {
      routes: [
        { path: "/api", to: "a" },
        { path: "/api/", to: "b" },
      ],
    },
    'must be there once, "/api" is there twice',
  ],
  ["a route and files at one path", { static: [{ path: "/", from: "dist" }] }, 'must be there once, "/" is there twice'],
  ["a host that is none", { hosts: ["todo.example;"] }, "must be a host name"],
  ["an address that is none", { listen: { address: "0.0.0.0; }" } }, "must be *, localhost or an IP address"],
  ["one port for both", { listen: { http: 8080, https: 8080 } }, "must have different ports"],
  ["a header of two lines", { headers: { "X-A": "a\r\nSet-Cookie: b" } }, "must be one line"],
  ["a header's name with a space", { headers: { "X A": "a" } }, "must be a header's name"],
  ["files outside of the release", { static: [{ path: "/x", from: "../etc" }] }, "must not leave the project"],
])("%s is refused", (_, more, message) => {
  const read = site.safeParse({ ...least, ...more });
  expect(JSON.stringify(read.error?.issues)).toContain(message.replaceAll('"', '\\"'));
});
