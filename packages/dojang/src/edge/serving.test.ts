import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { releaseSockets, siteFolders, slotCount } from "./edge-site.ts";
import { ask, listenOn, openTestBed, siteId, type TestBed, told, until } from "./edge-test-bed.ts";

let bed: TestBed;

beforeAll(async () => {
  bed = await openTestBed();
  const site = bed.site(
    {
      routes: [
        { path: "/", to: "web" },
        { path: "/dead", to: "dead" },
        { path: "/live", to: "live" },
      ],
      static: [
        { path: "/assets", from: "web/dist", cache: "10m" },
        { path: "/app", from: "app", fallback: "index.html" },
      ],
      headers: { "X-Frame-Options": "DENY", "X-Tricky": 'a "quoted" $host; } \\ value' },
      hsts: "1h",
    },
    { statusPage: true },
  );
  await bed.serve("r1", "web", (asked, given) => {
    if (asked.url === "/framed")
      return void given.setHeader("referrer-policy", "no-referrer").setHeader("x-frame-options", "ALLOWALL").end();
    if (asked.url === "/teapot") return void given.writeHead(418).end("mine");
    if (asked.url === "/broken") return void given.writeHead(502).end("mine too");
    if (asked.url === "/long") return void given.setHeader("content-type", "application/json").end(JSON.stringify("long ".repeat(2000)));
    given.end("hello");
  });
  const live = createServer((_, given) => {
    given.writeHead(200, { "content-type": "text/event-stream" });
    given.write("data: 1\n\n");
  });
  live.on("upgrade", (asked, socket: Socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${asked.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`);
    socket.on("data", (chunk) => socket.write(`echo ${chunk}`));
    socket.on("error", () => socket.destroy());
  });
  const sockets = releaseSockets(bed.home, siteId, "r1");
  await listenOn(live, join(sockets, "live.sock"));
  bed.onClose(() => {
    live.closeAllConnections();
    live.close();
  });
  const tree = join(bed.home, "tree");
  await mkdir(join(tree, "web/dist/sub"), { recursive: true });
  await mkdir(join(tree, "app"));
  await writeFile(join(tree, "web/dist/app.js"), "console.log(1)");
  await writeFile(join(tree, "web/dist/.env"), "SECRET=1");
  await writeFile(join(tree, "web/dist/sub/index.html"), "<p>sub");
  await writeFile(join(tree, "secret"), "secret");
  await writeFile(join(tree, "app/index.html"), "<p>single page");
  await symlink("/etc/passwd", join(tree, "web/dist/passwd"));
  await symlink(tree, join(sockets, "static"));
  await bed.edge.apply([site]);
  await bed.point("r1");
  await bed.edge.start();
});
afterAll(() => bed.close());

describe("headers of answers", () => {
  test("security headers are there, the project's own win, and values of any kind stay values", async () => {
    const { headers } = await bed.ask("/");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("strict-origin-when-cross-origin");
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["x-tricky"]).toBe('a "quoted" $host; } \\ value');
    expect(headers.server).toBe("nginx");
    expect(headers["set-cookie"]).toBeUndefined();
  });

  test("HTTPS alone is never promised over HTTP", async () => {
    expect((await bed.ask("/")).headers["strict-transport-security"]).toBeUndefined();
  });

  test("a header that the service sends is not added a second time", async () => {
    const { headers } = await bed.ask("/framed");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["x-frame-options"]).toBe("DENY");
  });

  test("errors have them too", async () => {
    expect((await bed.ask("/dead")).headers["x-tricky"]).toContain("quoted");
  });

  test("text is compressed for who takes it", async () => {
    const compressed = await new Promise<Buffer>((resolve, reject) => {
      const sent = request({ port: bed.http, path: "/long", headers: { host: "todo.example", "accept-encoding": "gzip" }, agent: false });
      sent.on("error", reject).on("response", (response) => {
        const chunks: Buffer[] = [];
        expect(response.headers["content-encoding"]).toBe("gzip");
        response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => resolve(Buffer.concat(chunks)));
      });
      sent.end();
    });
    expect(compressed.length).toBeLessThan(1000);
    expect(JSON.parse(gunzipSync(compressed).toString())).toContain("long long");
  });
});

describe("statuses", () => {
  test("a service's own errors pass as they are", async () => {
    expect(await bed.ask("/teapot")).toMatchObject({ status: 418, body: "mine" });
    expect(await bed.ask("/broken")).toMatchObject({ status: 502, body: "mine too" });
  });

  test("a service that is dead is a 502 with a page of its own", async () => {
    const page = await bed.ask("/dead/x?y", { headers: { accept: "text/html" } });
    expect(page.status).toBe(502);
    expect(page.body).toContain("서비스가 지금 응답하지 않습니다");
    expect(JSON.parse((await bed.ask("/dead", { method: "POST" })).body)).toMatchObject({ status: 502 });
  });
});

describe("files", () => {
  test("are sent with their type and for how long they may be kept", async () => {
    const { status, headers, body } = await bed.ask("/assets/app.js");
    expect([status, body]).toEqual([200, "console.log(1)"]);
    expect(headers["cache-control"]).toBe("public, max-age=600");
    expect(headers["content-type"]).toBe("text/javascript");
    expect((await bed.ask("/assets/sub/")).body).toBe("<p>sub");
  });

  test.each([
    "/assets/missing.js",
    "/assets/",
    "/assets/.env",
    "/assets/passwd",
    "/assets/../../secret",
    "/assets/..%2f..%2fsecret",
    "/assets/%2e%2e/secret",
  ])("%s shows nothing", async (path) => {
    const answered = await bed.ask(path);
    expect([404, 400, 200]).toContain(answered.status);
    expect(answered.body).not.toMatch(/secret|SECRET|root:/);
    // What leaves the folder is another route's.
    if (answered.status === 200) expect(answered.body).toBe("hello");
    else expect(answered.headers["cache-control"]).not.toBe("public, max-age=600");
  });

  test("a path of a single-page application that is no file is its page", async () => {
    expect(await bed.ask("/app/todos/1")).toMatchObject({ status: 200, body: "<p>single page" });
    expect((await bed.ask("/app/todos/1")).headers["cache-control"]).toBe("no-cache");
  });

  test("a folder without its slash is led there with the query", async () => {
    const answered = await bed.ask("/app?x=1");
    expect([answered.status, answered.headers.location]).toEqual([308, "/app/?x=1"]);
  });
});

describe("streams", () => {
  test("an event arrives before the answer ends", async () => {
    const first = await new Promise<string>((resolve, reject) => {
      const sent = request({ port: bed.http, path: "/live", headers: { host: "todo.example", accept: "text/event-stream" }, agent: false });
      sent.on("error", reject).on("response", (response) =>
        response.once("data", (chunk: Buffer) => {
          resolve(String(chunk));
          sent.destroy();
        }),
      );
      sent.end();
    });
    expect(first).toBe("data: 1\n\n");
  });

  test("what is sent along with the wish for a stream arrives whole", async () => {
    await bed.serve("r2", "live");
    await bed.point("r2");
    const body = "x".repeat(300_000);
    const asked = told(await bed.ask("/live", { method: "POST", body, headers: { accept: "text/event-stream" } }));
    expect([asked.method, asked.body.length]).toEqual(["POST", body.length]);
    await bed.point("r1");
  });

  test("a WebSocket goes both ways", async () => {
    const echoed = await new Promise<string>((resolve, reject) => {
      const sent = request({
        port: bed.http,
        path: "/live",
        headers: { host: "todo.example", connection: "Upgrade", upgrade: "websocket" },
      });
      sent.on("error", reject).on("upgrade", (_, socket) => {
        socket.once("data", (chunk: Buffer) => {
          resolve(String(chunk));
          socket.destroy();
        });
        socket.write("ping");
      });
      sent.end();
    });
    expect(echoed).toBe("echo ping");
  });

  test("other upgrades are not passed on", async () => {
    await bed.serve("r2", "live");
    await bed.edge.pointSlots(
      siteId,
      Array.from({ length: slotCount }, () => "r2"),
    );
    const { headers } = told(await bed.ask("/live", { headers: { connection: "Upgrade", upgrade: "h2c" } }));
    expect([headers.upgrade, headers.connection]).toEqual([undefined, "close"]);
    await bed.point("r1");
  });
});

describe("maintenance", () => {
  test("answers 503 with its text and when to come back, without a reload, until it ends", async () => {
    await bed.edge.setMaintenance(siteId, "Back at 9 <!--# echo var='host' --> </p>");
    const page = await bed.ask("/x", { headers: { accept: "text/html" } });
    expect([page.status, page.headers["retry-after"]]).toEqual([503, "120"]);
    expect(page.body).toContain("Back at 9 &#60;!--# echo var='host' --&#62; &#60;/p&#62;");
    expect(JSON.parse((await bed.ask("/assets/app.js")).body)).toMatchObject({
      status: 503,
      detail: "Back at 9 <!--# echo var='host' --> </p>",
    });
    await bed.edge.setMaintenance(siteId, true);
    expect((await bed.ask("/", { headers: { accept: "text/html" } })).body).toContain("점검 중입니다");
    await bed.edge.setMaintenance(siteId, false);
    expect((await bed.ask("/")).status).toBe(200);
  });

  test("the status page is seen all the same, in the visitor's language", async () => {
    const { status } = siteFolders(bed.home, siteId);
    await writeFile(join(status, "index.ko.html"), "<p>상태");
    await writeFile(join(status, "index.en.html"), "<p>status");
    await bed.edge.setMaintenance(siteId, true);
    const page = await bed.ask("/.well-known/dojang/status", { headers: { "accept-language": "ko-KR,ko;q=0.9,en;q=0.8" } });
    await bed.edge.setMaintenance(siteId, false);
    expect([page.status, page.body, page.headers["content-type"]]).toEqual([200, "<p>상태", "text/html; charset=utf-8"]);
    expect((await bed.ask("/.well-known/dojang/status")).body).toBe("<p>status");
  });
});

test("each request is one line of JSON, without what stands behind the question mark", async () => {
  await bed.ask('/logged/"x"?token=secret', { headers: { "user-agent": 'odd "agent" \\' } });
  let line: Record<string, string> | undefined;
  await until("the line is written", async () => {
    const lines = (await readFile(bed.edge.accessLog, "utf8")).split("\n").filter(Boolean);
    expect(lines.join()).not.toContain("token=secret");
    line = lines.map((text) => JSON.parse(text)).find((one) => one.path === '/logged/"x"');
    return line !== undefined;
  });
  expect(line).toMatchObject({
    site: siteId,
    service: "web",
    method: "GET",
    status: "200",
    bytes: "5",
    address: "127.0.0.1",
    agent: 'odd "agent" \\',
  });
  expect(line?.slot).toMatch(/^[01]\d$/);
  expect(Number(line?.at)).toBeGreaterThan(Date.now() / 1000 - 60);
  expect(Number(line?.seconds)).toBeLessThan(30);
});

test("who asks too much gets 429, by rate and by what is open at once", async () => {
  const limited = await openTestBed();
  try {
    const rated = limited.site({ "rate-limit": { rate: "1/m", burst: 2 } });
    const counted = limited.site({ hosts: ["counted.example"], "connection-limit": 2 }, { id: "counted" });
    const waiting: (() => void)[] = [];
    await limited.serve("r1", "web");
    await limited.serve("r1", "web", (_, given) => void waiting.push(() => given.end()), "counted");
    await limited.edge.apply([rated, counted]);
    await limited.point("r1");
    await limited.point("r1", "counted");
    await limited.edge.start();
    const statuses = [];
    for (let count = 0; count < 5; count++) statuses.push((await limited.ask("/")).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const open = [1, 2].map(() => limited.ask("/", { host: "counted.example" }));
    await until("two are open", () => waiting.length === 2);
    const third = await ask({ path: "/", host: "counted.example", port: limited.http });
    expect([third.status, JSON.parse(third.body).title]).toEqual([429, "Too Many Requests"]);
    for (const answer of waiting) answer();
    expect((await Promise.all(open)).map(({ status }) => status)).toEqual([200, 200]);
  } finally {
    await limited.close();
  }
});
