import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestBed, type TestBed, told } from "./edge-test-bed.ts";

let bed: TestBed;

beforeAll(async () => {
  bed = await openTestBed();
  const site = bed.site({
    routes: [
      { path: "/", to: "web" },
      { path: "/api", to: "api" },
      { path: "/api/admin", to: "admin" },
      { path: "/cut.v1", to: "cut", strip: true },
      { path: "/metrics", to: "api", port: 9100 },
    ],
    "body-limit": "1k",
  });
  for (const service of ["web", "api", "admin", "cut", "api.9100"]) await bed.serve("r1", service);
  await bed.edge.apply([site]);
  await bed.point("r1");
  await bed.edge.start();
});
afterAll(() => bed.close());

const answeredBy = async (path: string) => told(await bed.ask(path)).service;

describe("routes", () => {
  test.each([
    ["/", "web"],
    ["/apix", "web"],
    ["/api", "api"],
    ["/api/", "api"],
    ["/api?x=1", "api"],
    ["/api/todos", "api"],
    ["/api/admin", "admin"],
    ["/api/admin/users", "admin"],
    ["/api/administrator", "api"],
    ["//api/todos", "web"],
    ["/metrics/x", "api.9100"],
    ["/cutxv1/a", "web"],
  ])("%s is answered by %s", async (path, service) => {
    expect(await answeredBy(path)).toBe(service);
  });

  test.each(["/a%2Fb//c?d=%20&e=//", "/api/%E2%82%AC/./x?", "/api//x/..%2fy", "/plain;v=1?q=a;b", "/?a=$host&b=%22"])(
    "%s arrives as it was sent",
    async (path) => {
      expect(told(await bed.ask(path)).url).toBe(path);
    },
  );

  test.each([
    ["/cut.v1", "/"],
    ["/cut.v1/", "/"],
    ["/cut.v1?x=%2F", "/?x=%2F"],
    ["/cut.v1/a%2Fb//c?d=1&d=2", "/a%2Fb//c?d=1&d=2"],
    ["/cut.v1//x", "//x"],
  ])("a route that strips hands %s on as %s and says what it cut", async (path, url) => {
    const asked = told(await bed.ask(path));
    expect([asked.service, asked.url, asked.headers["x-forwarded-prefix"]]).toEqual(["cut", url, "/cut.v1"]);
  });

  test("a stripped path that is written in another way is refused, because it cannot be cut to the letter", async () => {
    expect((await bed.ask("/x/../cut.v1/secret")).status).toBe(400);
    expect((await bed.ask("/%63ut.v1/secret")).status).toBe(400);
  });
});

describe("what a service is told", () => {
  test("a client's own word on its address is not believed", async () => {
    const { headers } = told(
      await bed.ask("/", {
        headers: {
          "x-forwarded-for": "6.6.6.6",
          "x-forwarded-proto": "https",
          "x-forwarded-host": "evil",
          "x-real-ip": "6.6.6.6",
          forwarded: "for=6.6.6.6",
        },
      }),
    );
    expect(headers["x-forwarded-for"]).toBe("127.0.0.1");
    expect(headers["x-real-ip"]).toBe("127.0.0.1");
    expect(headers["x-forwarded-proto"]).toBe("http");
    expect(headers["x-forwarded-host"]).toBe(`todo.example:${bed.http}`);
    expect(headers.host).toBe(`todo.example:${bed.http}`);
    expect(headers.forwarded).toBeUndefined();
  });

  test("a request without an id gets one, which is its trace id and is told to both sides", async () => {
    const answered = await bed.ask("/");
    const { headers } = told(answered);
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
    expect(headers.traceparent).toMatch(new RegExp(`^00-${headers["x-request-id"]}-[0-9a-f]{16}-01$`));
    expect(answered.headers["x-request-id"]).toBe(headers["x-request-id"]);
  });

  test("a trace that a client began goes on under its id", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const answered = await bed.ask("/", { headers: { traceparent, "x-request-id": "something else" } });
    expect(told(answered).headers.traceparent).toBe(traceparent);
    expect(answered.headers["x-request-id"]).toBe("4bf92f3577b34da6a3ce929d0e0e4736");
  });

  test.each(["00-00000000000000000000000000000000-00f067aa0ba902b7-01", "garbage", '00-"}{;-1'])(
    "a traceparent that is none (%s) is replaced",
    async (traceparent) => {
      const { headers } = told(await bed.ask("/", { headers: { traceparent } }));
      expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(headers.traceparent).not.toContain("0".repeat(32));
    },
  );

  test("methods, bodies and statuses pass unchanged", async () => {
    const asked = told(await bed.ask("/api/todos", { method: "PATCH", body: "{}" }));
    expect([asked.method, asked.body]).toEqual(["PATCH", "{}"]);
  });
});

describe("what nginx answers by itself", () => {
  test("a body over the limit is a 413 as JSON for programs and as a page for browsers", async () => {
    const body = "x".repeat(2000);
    const json = await bed.ask("/api", { method: "POST", body });
    expect(json.status).toBe(413);
    expect(json.headers["content-type"]).toContain("application/problem+json");
    expect(JSON.parse(json.body)).toMatchObject({ status: 413, title: "Content Too Large", requestId: json.headers["x-request-id"] });
    const html = await bed.ask("/api", { method: "POST", body, headers: { accept: "text/html,*/*" } });
    expect(html.status).toBe(413);
    expect(html.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(html.body).toContain(String(html.headers["x-request-id"]));
  });

  test("a host that is no site's gets no answer at all", async () => {
    await expect(bed.ask("/", { host: "other.example" })).rejects.toThrow(/socket hang up/);
  });

  test("pages of errors cannot be asked for, and what is no route is no file either", async () => {
    expect(told(await bed.ask("/.well-known/dojang/status")).service).toBe("web");
    expect((await bed.ask("/.dojang/502.html")).status).toBe(404);
  });
});
