import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { freePort, listening, serve } from "../../tests/serve.ts";
import { percentileMs } from "../histogram/log-linear-histogram.ts";
import type { LoadPlan, LoadTarget } from "../plan/load-plan.ts";
import type { LoadResult } from "../result/load-result.ts";
import type { Flow, RequestTemplate } from "../scenario/scenario.ts";
import { runLoad } from "./run-load.ts";

const cleanup: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

const get: RequestTemplate = { name: "GET /", method: "GET", url: "/", headers: [], captures: [], checks: [] };

interface Wish extends Partial<Omit<LoadPlan, "target" | "scenario">> {
  readonly target?: Partial<LoadTarget>;
  readonly flows?: readonly Flow[];
}

function plan(port: number, { target, flows, ...rest }: Wish = {}): LoadPlan {
  return {
    target: { scheme: "http", host: "127.0.0.1", port, protocol: "http/1.1", ...target },
    profile: "load",
    traffic: { model: "open", arrivals: "even", stages: [{ fromPerSecond: 200, toPerSecond: 200, forMs: 500 }] },
    scenario: { name: "test", flows: flows ?? [{ name: "only", weight: 1, requests: [get] }], headers: [], variables: {}, data: [] },
    connections: { max: 20, connectTimeoutMs: 500 },
    timeoutMs: 400,
    requestIdEvery: 0,
    objectives: [],
    abortEarly: false,
    threads: 1,
    samples: { max: 10_000 },
    seed: 1,
    ...rest,
  };
}

const run = (wanted: LoadPlan): Promise<LoadResult> => runLoad(wanted, { signal: AbortSignal.timeout(20_000) });

test("an open run asks exactly as often as its rate says, and every request is counted once", async () => {
  let seen = 0;
  const port = await serve((_, response) => {
    seen++;
    response.end("ok");
  });
  const result = await run(plan(port));
  expect(seen).toBe(100);
  expect(result.totals).toMatchObject({ asked: 100, completed: 100, statuses: { "200": 100 }, errors: {}, bytesIn: 200 });
  expect(result.totals.latency.count).toBe(100);
  expect(result.samples.count).toBe(100);
  expect(result.series.reduce((sum, second) => sum + second.completed, 0)).toBe(100);
});

test("threads share the rate, and their counts add up", async () => {
  const port = await serve((_, response) => void response.end("ok"));
  const result = await run(plan(port, { threads: 2 }));
  expect(result.totals).toMatchObject({ asked: 100, completed: 100 });
});

test("a stall of the server is seen by every request that it delayed, also those that could not be sent", async () => {
  let stalledUntil = 0;
  const port = await serve((_, response) => {
    const now = performance.now();
    if (stalledUntil === 0) stalledUntil = now + 300;
    setTimeout(() => response.end("ok"), Math.max(0, stalledUntil - now));
  });
  const result = await run(plan(port, { connections: { max: 2, connectTimeoutMs: 500 }, timeoutMs: 2_000 }));
  // 60 arrivals fall into the stall; only 2 of them could be sent.
  expect(result.totals.completed).toBe(100);
  expect(percentileMs(result.totals.latency, 0.75)).toBeGreaterThan(100);
  expect(percentileMs(result.totals.serviceTime, 0.75)).toBeLessThan(100);
});

test("users of the closed model wait for their answers", async () => {
  let open = 0;
  let most = 0;
  const port = await serve((_, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      response.end("ok");
    }, 20);
  });
  const result = await run(plan(port, { traffic: { model: "closed", stages: [{ fromUsers: 3, toUsers: 3, forMs: 400 }] } }));
  expect(most).toBe(3);
  expect(result.totals.completed).toBe(result.totals.asked);
  expect(result.totals.completed).toBeGreaterThan(6);
  expect(result.totals.completed).toBeLessThanOrEqual(63);
});

test("a session keeps cookies and captured values from request to request", async () => {
  const asked: string[] = [];
  const port = await serve((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.cookie ?? "-"} ${request.headers.authorization ?? "-"}`);
    if (request.method === "POST")
      response.setHeader("Set-Cookie", "sid=s1; Path=/").end(JSON.stringify({ items: [{ id: 41 }], token: "t" }));
    else response.end(request.url);
  });
  const flow: Flow = {
    name: "visit",
    weight: 1,
    requests: [
      {
        ...get,
        name: "create",
        method: "POST",
        body: '{"n":"${counter}"}',
        captures: [
          { as: "id", from: { json: "$.items[0].id" } },
          { as: "token", from: { json: "token" } },
        ],
      },
      {
        ...get,
        name: "read",
        url: "/items/${id}",
        headers: [{ name: "Authorization", value: "Bearer ${token}" }],
        checks: [{ kind: "body-contains", text: "/items/41" }],
      },
    ],
  };
  const result = await run(
    plan(port, {
      flows: [flow],
      traffic: { model: "open", arrivals: "even", stages: [{ fromPerSecond: 20, toPerSecond: 20, forMs: 500 }] },
    }),
  );
  expect(result.totals.errors).toEqual({});
  expect(asked).toContain("GET /items/41 sid=s1 Bearer t");
  expect(result.requests.map(({ name, asked }) => ({ name, asked }))).toEqual([
    { name: "create", asked: 5 },
    { name: "read", asked: 5 },
  ]);
});

test("every n-th request carries a request id of its own, and the samples know which", async () => {
  const ids: string[] = [];
  const port = await serve((request, response) => {
    const parent = request.headers.traceparent;
    if (typeof parent === "string") ids.push(parent.slice(3, 35));
    response.end("ok");
  });
  const result = await run(plan(port, { requestIdEvery: 10 }));
  expect(new Set(ids).size).toBe(10);
  expect([...result.samples.requestIds.values()].sort()).toEqual(ids.sort());
});

test("a connection that the server closes after each answer is no error", async () => {
  const port = await serve((_, response) => void response.setHeader("Connection", "close").end("ok"));
  expect((await run(plan(port))).totals).toMatchObject({ completed: 100, errors: {} });
});

test("a keep-alive connection that the server drops while idle is opened again silently", async () => {
  const port = await listening(createServer({ keepAliveTimeout: 5 }, (_, response) => void response.end("ok")));
  const slow = { model: "open", arrivals: "even", stages: [{ fromPerSecond: 20, toPerSecond: 20, forMs: 1000 }] } as const;
  expect((await run(plan(port, { traffic: slow }))).totals).toMatchObject({ completed: 20, errors: {} });
});

test("a unix socket is asked like any server", async () => {
  const path = join(tmpdir(), `dojang-load-${process.pid}.sock`);
  const server = createServer((request, response) => void response.end(request.headers.host));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  cleanup.push(() => new Promise((resolve) => server.close(resolve)));
  const result = await run(plan(80, { target: { socketPath: path, host: "api.test" } }));
  expect(result.totals).toMatchObject({ completed: 100, bytesIn: 800 });
});

test("over HTTP/2 many requests share a session, and sessions keep cookies and captures", async () => {
  const sessions = new Set<unknown>();
  const asked: string[] = [];
  const server = createHttp2Server();
  server.on("stream", (stream, headers) => {
    sessions.add(stream.session);
    asked.push(`${headers[":method"]} ${headers[":path"]} ${headers.cookie ?? "-"} ${headers[":authority"]}`);
    stream.respond({ ":status": 200, "set-cookie": "sid=s1; Path=/" });
    stream.end(JSON.stringify({ id: 41 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const requests = [
    { ...get, name: "create", method: "POST", body: "{}", captures: [{ as: "id", from: { json: "id" } }] },
    { ...get, name: "read", url: "/items/${id}" },
  ];
  const result = await run(plan(port, { target: { protocol: "h2" }, flows: [{ name: "visit", weight: 1, requests }] }));
  expect(result.totals).toMatchObject({ asked: 100, completed: 100, errors: {} });
  expect(asked).toContain(`GET /items/41 sid=s1 127.0.0.1:${port}`);
  expect(sessions.size).toBe(1);
});

test("a server that speaks no HTTP/2 leaves errors and ends", async () => {
  const port = await serve((_, response) => void response.end("ok"));
  const result = await run(
    plan(port, {
      target: { protocol: "h2" },
      traffic: { model: "open", arrivals: "even", stages: [{ fromPerSecond: 20, toPerSecond: 20, forMs: 500 }] },
    }),
  );
  expect(result.totals.completed).toBe(0);
  expect(result.verdict.kind).toBe("failed");
});

test("a body without end is cut by the time limit, and memory stays small", async () => {
  const port = await listening(
    createTcpServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const chunk = `1000\r\n${"x".repeat(4096)}\r\n`;
        const timer = setInterval(() => socket.write(chunk), 1);
        socket.on("close", () => clearInterval(timer));
      });
    }),
  );
  const result = await run(
    plan(port, { traffic: { model: "open", arrivals: "even", stages: [{ fromPerSecond: 10, toPerSecond: 10, forMs: 500 }] } }),
  );
  expect(result.totals).toMatchObject({ asked: 5, completed: 0, errors: { timeout: 5 } });
});

const broken: readonly { name: string; serve: (socket: Socket) => void; error: string }[] = [
  { name: "never answers", serve: () => undefined, error: "timeout" },
  { name: "resets", serve: (socket) => void socket.once("data", () => socket.resetAndDestroy()), error: "reset" },
  { name: "sends garbage", serve: (socket) => void socket.once("data", () => socket.write("220 mail ready\r\n\r\n")), error: "garbage" },
  { name: "closes at once", serve: (socket) => void socket.once("data", () => socket.end()), error: "closed" },
  {
    name: "closes in the middle",
    serve: (socket) => void socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")),
    error: "closed",
  },
];

for (const { name, serve: misbehave, error } of broken) {
  test(`a server that ${name} leaves ${error} errors, no answer, and a failed verdict`, async () => {
    const port = await listening(createTcpServer(misbehave));
    const result = await run(
      plan(port, { traffic: { model: "open", arrivals: "even", stages: [{ fromPerSecond: 40, toPerSecond: 40, forMs: 500 }] } }),
    );
    expect(result.totals).toMatchObject({ asked: 20, completed: 0, errors: { [error]: 20 } });
    expect(result.verdict.kind).toBe("failed");
  });
}

test("a port where nobody listens leaves refused errors", async () => {
  const port = await freePort();
  expect((await run(plan(port))).totals).toMatchObject({ completed: 0, errors: { refused: 100 } });
});

test("a run of the closed model against a port where nobody listens ends in time and does not spin", async () => {
  const port = await freePort();
  const result = await run(plan(port, { traffic: { model: "closed", stages: [{ fromUsers: 2, toUsers: 2, forMs: 300 }] } }));
  expect(result.totals.asked).toBeLessThan(700);
  expect(result.totals.errors.refused).toBe(result.totals.asked);
});

test("objectives are judged by what the whole run saw", async () => {
  const port = await serve((_, response) => void response.writeHead(503).end("no"));
  const result = await run(
    plan(port, {
      objectives: [
        { metric: "errors", limit: 0.01 },
        { metric: "max", limit: 10_000 },
      ],
    }),
  );
  expect(result.objectives.map(({ seen, held }) => ({ seen: Math.min(seen, 1), held }))).toMatchObject([
    { seen: 1, held: false },
    { held: true },
  ]);
});

test("a run whose errors cannot hold any more ends early when asked to", async () => {
  const port = await serve((_, response) => void response.writeHead(500).end());
  const long = { model: "open", arrivals: "even", stages: [{ fromPerSecond: 100, toPerSecond: 100, forMs: 15_000 }] } as const;
  const result = await run(plan(port, { traffic: long, abortEarly: true, objectives: [{ metric: "errors", limit: 0.01 }] }));
  expect(result.verdict).toMatchObject({ kind: "aborted", reason: expect.stringContaining("errors are more than 1 %") });
  expect(result.durationMs).toBeLessThan(10_000);
});

test("interrupting ends the run, and what was measured until then is told", async () => {
  const port = await serve((_, response) => void response.end("ok"));
  const stop = new AbortController();
  const long = { model: "open", arrivals: "even", stages: [{ fromPerSecond: 50, toPerSecond: 50, forMs: 60_000 }] } as const;
  const result = await runLoad(plan(port, { traffic: long }), { signal: stop.signal, onSecond: () => stop.abort() });
  expect(result.verdict).toEqual({ kind: "aborted", reason: "interrupted" });
  expect(result.totals.completed).toBeGreaterThan(0);
});

test("requests of the warm-up are asked and not counted", async () => {
  let seen = 0;
  const port = await serve((_, response) => {
    seen++;
    response.end("ok");
  });
  const result = await run(plan(port, { warmUp: { ratePerSecond: 100, forMs: 300 } }));
  expect(seen).toBe(130);
  expect(result.totals.asked).toBe(100);
});

test("the users of the closed model warm it up, and what they asked is not counted", async () => {
  let seen = 0;
  const port = await serve((_, response) => {
    seen++;
    setTimeout(() => response.end("ok"), 20);
  });
  const stages = [{ fromUsers: 5, toUsers: 5, forMs: 200 }];
  const result = await run(plan(port, { traffic: { model: "closed", stages }, warmUp: { ratePerSecond: 1, forMs: 400 } }));
  // One a second would have asked none.
  expect(seen - result.totals.asked).toBeGreaterThan(20);
  expect(result.totals.asked).toBeGreaterThan(10);
  expect(result.generator.connectionsPeak).toBe(5);
});
