import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { serve, serveTcp, testPlan } from "../../tests/serve.ts";
import { runLoad } from "../generator/run-load.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import type { LoadResult } from "../result/load-result.ts";
import { renderText } from "../result/render-text.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-script-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const open: LoadPlan["traffic"] = { model: "open", arrivals: "even", stages: [{ fromPerSecond: 100, toPerSecond: 100, forMs: 500 }] };
const closed: LoadPlan["traffic"] = { model: "closed", stages: [{ fromUsers: 3, toUsers: 3, forMs: 400 }] };

interface Wish extends Partial<Omit<LoadPlan, "scenario">> {
  readonly scenario?: Partial<LoadPlan["scenario"]>;
  readonly file?: string;
  readonly stuckAfterMs?: number;
}

let scripts = 0;

/** Runs the text of a script against a port. */
async function runScript(port: number, text: string, { scenario, file, stuckAfterMs, ...rest }: Wish = {}): Promise<LoadResult> {
  const module = join(folder, file ?? `visit-${scripts++}.mts`);
  await writeFile(module, text);
  const plan = testPlan(port, {
    traffic: open,
    connections: { max: 20, connectTimeoutMs: 10_000 },
    scenario: { name: "visit", flows: [], headers: [], variables: {}, data: [], module, ...scenario },
    ...rest,
  });
  return runLoad(plan, { signal: AbortSignal.timeout(40_000), stuckAfterMs });
}

const answerOk: RequestListener = (_, response) => void response.end("ok");

/** A server that makes lists and gives them back. */
const lists: RequestListener = (request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    if (request.method === "POST") {
      const { title } = JSON.parse(body);
      response.setHeader("Set-Cookie", `owner=${title}`).writeHead(201, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ id: 41, title }));
    } else response.end(JSON.stringify({ owner: request.headers.cookie, id: request.url }));
  });
};

const createAndRead = `
  import type { Visit } from "@dojang/load";
  const visit: Visit = async ({ http, check, session }) => {
    const title: string = "list " + session.number;
    const made = await http.post("/lists", { json: { title } });
    const id = made.value("$.id");
    const read = await http.get(\`/lists/\${id}?full=1\`);
    const list = read.json<{ owner: string }>();
    check("the session keeps its cookie", list.owner === "owner=" + title);
  };
  export default visit;
`;

test("an open run asks as often as its rate says, whoever of the sessions is ready", async () => {
  let seen = 0;
  const port = await serve((request, response) => {
    seen++;
    lists(request, response);
  });
  const result = await runScript(port, createAndRead);
  expect(seen).toBe(50);
  expect(result.totals).toMatchObject({ asked: 50, completed: 50, errors: {} });
  expect(result.requests.map((request) => request.name)).toEqual(["POST /lists", "GET /lists/:id"]);
  expect(result.requests.map((request) => request.latency.count)).toEqual(result.requests.map((request) => request.asked));
  expect(result.script?.errors).toEqual([]);
  expect(result.script?.checks).toEqual([{ name: "the session keeps its cookie", passed: result.requests[1]?.asked, failed: 0 }]);
  expect(new Set(result.samples.request)).toEqual(new Set([0, 1]));
});

test("users of the closed model run one session after the other, in threads whose names are counted together", async () => {
  const port = await serve((request, response) => void setTimeout(() => lists(request, response), 5));
  const result = await runScript(port, createAndRead, { traffic: closed, threads: 2 });
  const [made, read] = result.requests;
  expect(result.totals.completed).toBe(result.totals.asked);
  expect(made?.asked).toBeGreaterThan(3);
  // A session that was under way at the end has made its list and not read it.
  expect((made?.asked ?? 0) - (read?.asked ?? 0)).toBeLessThanOrEqual(3);
  expect(result.script?.sessions).toBe(made?.asked);
});

test("requests that a session asks at once each take an arrival of their own", async () => {
  const port = await serve(answerOk);
  const result = await runScript(port, "export default async ({ http }) => { await Promise.all([http.get('/a'), http.get('/b')]); };");
  expect(result.totals).toMatchObject({ asked: 50, completed: 50 });
  expect(result.requests.map(({ name }) => name)).toEqual(["GET /a", "GET /b"]);
});

test("headers, variables and data files of the scenario reach the script, a row for each session", async () => {
  const asked = new Set<string>();
  const port = await serve((request, response) => {
    asked.add(`${request.headers.authorization} ${request.url}`);
    response.end();
  });
  const scenario = {
    headers: [{ name: "Authorization", value: "Bearer ${token}" }],
    variables: { token: "t", size: "3" },
    data: [{ name: "users", columns: ["user"], rows: [["ann"], ["bob"]], order: "next" as const }],
  };
  await runScript(
    port,
    "export default ({ http, data, variables }) => http.get(`/${data.users.user}/${variables.size}`, { name: 'page' });",
    {
      scenario,
    },
  );
  expect([...asked].sort()).toEqual(["Bearer t /ann/3", "Bearer t /bob/3"]);
});

test("two runs of one seed draw the same", async () => {
  const drawn = async (): Promise<string[]> => {
    const asked: string[] = [];
    const port = await serve((request, response) => {
      asked.push(request.url ?? "");
      response.end();
    });
    await runScript(
      port,
      "export default ({ http, random }) => http.get(`/${random.int(1, 1e6)}-${random.uuid()}-${random.pick(['a', 'b'])}`, { name: 'x' });",
    );
    return asked.sort();
  };
  expect(await drawn()).toEqual(await drawn());
});

test("a wrong status is an error unless it is expected, and the script goes on", async () => {
  const port = await serve((request, response) => void response.writeHead(request.url === "/gone" ? 404 : 500).end());
  const result = await runScript(
    port,
    "export default async ({ http }) => { await http.get('/gone', { expect: 404 }); const broken = await http.get('/broken'); if (broken.ok) throw new Error('no'); };",
  );
  const [gone, broken] = result.requests;
  expect(gone?.errors).toEqual({});
  expect(broken?.errors).toEqual({ status: broken?.asked });
});

test("a check that does not hold is an error of the request before it, counted once", async () => {
  const port = await serve(answerOk);
  const result = await runScript(
    port,
    "export default async ({ http, check }) => { await http.get('/'); check('is there', false); check('is right', false); check('is ok', true); };",
  );
  expect(result.totals.errors).toEqual({ check: 50 });
  expect(result.script?.checks).toEqual([
    { name: "is there", passed: 0, failed: 50 },
    { name: "is right", passed: 0, failed: 50 },
    { name: "is ok", passed: 50, failed: 0 },
  ]);
  expect(renderText(result)).toContain("check: is there: 0 held, 50 did NOT");
});

test("what a script throws is an error of its own kind, with file and line", async () => {
  const port = await serve(answerOk);
  const text = "export default async ({ http }) => {\n  const answer = await http.get('/');\n  answer.json().id.toString();\n};\n";
  const result = await runScript(port, text, { file: "throws.mts" });
  expect(result.totals.errors).toEqual({ script: 50 });
  expect(result.script?.errors).toEqual([
    { message: expect.stringContaining("SyntaxError"), times: 50, at: expect.stringMatching(/throws\.mts:3:\d+$/) },
  ]);
  expect(renderText(result)).toMatch(/script: 50 x SyntaxError: .* at .*throws\.mts:3:\d+/);
});

test("answers that come after the last request was sent still count, with what the script makes of them", async () => {
  const port = await serve((_, response) => void setTimeout(() => response.end("ok"), 300));
  const text = `export default async ({ http, check, signal }) => {
    const answer = await http.get("/");
    check("is ok", answer.ok);
    signal.throwIfAborted();
    throw new Error("late");
  };`;
  const result = await runScript(port, text, { connections: { max: 50, connectTimeoutMs: 10_000 } });
  expect(result.script?.checks).toEqual([{ name: "is ok", passed: 50, failed: 0 }]);
  // Those that the end itself stopped are no mistake of the script.
  expect((result.script?.errors ?? []).filter(({ message }) => message !== "Error: late")).toEqual([]);
});

test("what a script does not await, and throws in a timer, is counted too and ends nobody", async () => {
  const port = await serve(answerOk);
  const text = `export default async ({ http }) => {
    Promise.reject(new Error("stray"));
    setTimeout(() => { throw new Error("in a timer"); }, 1);
    await http.get("/");
  };`;
  const result = await runScript(port, text);
  expect(result.totals.completed).toBe(50);
  expect(result.script?.errors.map(({ message }) => message).sort()).toEqual(["Error: in a timer", "Error: stray"]);
});

test("a request that nobody answers rejects with its kind, and is no error of the script", async () => {
  const port = await serveTcp((socket) => socket.destroy());
  const result = await runScript(port, "export default async ({ http }) => { await http.get('/'); throw new Error('never'); };");
  const kinds = result.totals.errors;
  expect((kinds.closed ?? 0) + (kinds.reset ?? 0)).toBe(50);
  expect(result.script?.errors).toEqual([]);
  const caught = await runScript(
    port,
    "export default async ({ http, check }) => { try { await http.get('/'); } catch (error) { check(error.name, error.request === 'GET /'); } };",
  );
  expect(caught.script?.checks).toEqual([{ name: "RequestFailedError", passed: 50, failed: 0 }]);
});

test("a visit that asks nothing is a failure that says so, in both models", async () => {
  const port = await serve(answerOk);
  const text = "export default async () => {};";
  for (const traffic of [open, closed]) {
    const result = await runScript(port, text, { traffic, file: "idle.mts" });
    expect(result.verdict).toMatchObject({ kind: "failed" });
    expect(result.totals.errors.script).toBe(result.totals.asked);
    expect(result.totals.asked).toBeGreaterThan(0);
    expect(result.script?.errors).toMatchObject([
      { message: "the visit ended without asking anything", at: expect.stringContaining("idle.mts") },
    ]);
  }
});

test("a visit that waits for what never comes ends with the run", async () => {
  const port = await serve(answerOk);
  const result = await runScript(port, "export default async ({ think }) => { await think('1h'); };");
  expect(result.totals.errors).toEqual({ script: 50 });
  expect(result.script?.errors[0]?.message).toBe("the visit had not asked anything when the run ended");
  // It keeps timers and tries for ever, and is left all the same.
  const endless = await runScript(
    port,
    "setInterval(() => {}, 1000); export default async ({ http }) => { for (;;) { try { await http.get('/'); } catch {} } };",
  );
  expect(endless.totals.completed).toBe(50);
});

test.each([
  ["a loop without an await", "export default async ({ http }) => {\n  await http.get('/');\n  for (;;) {}\n};", 3],
  [
    "a loop that awaits what is there already",
    "export default async ({ http }) => {\n  await http.get('/');\n  while (true) await null;\n};",
    3,
  ],
  ["a loop at the import", "while (true);\nexport default async () => {};", 1],
])("%s is a Problem that names the line, not a hang", async (name, text, line) => {
  const port = await serve(answerOk);
  const file = `${name.replaceAll(" ", "-")}.mts`;
  await expect(runScript(port, text, { file, stuckAfterMs: 1_500 })).rejects.toMatchObject({
    name: "Problem",
    code: "scenario-script-stuck",
    message: expect.stringContaining(file),
    place: { file: join(folder, file), line },
    exitCode: 2,
  });
});

test.each([
  ["no default export", "export const visit = 1;", /no default export/, undefined],
  ["another default export", "export default 5;", /default export is number/, undefined],
  ["a syntax error", "export default async () => {\n  const a = ;\n};", /cannot be read/, 2],
  ["syntax that Node does not take off", "export default async () => {};\nenum A { B }", /enum/, 2],
  [
    "an error at the import",
    "function fail(): never {\n  throw new Error('not today');\n}\nfail();\nexport default async () => {};",
    /not today/,
    2,
  ],
  ["a package that is not there", "import 'not-there-at-all';\nexport default async () => {};", /not-there-at-all/, undefined],
  ["an import of what is not exported", "import { nothing } from 'node:fs';\nexport default async () => nothing;", /nothing/, 1],
])("a module with %s is a Problem with its place", async (name, text, message, line) => {
  const file = `${name.replaceAll(" ", "-")}.mts`;
  await expect(runScript(1, text, { file })).rejects.toMatchObject({
    code: "scenario-script",
    message: expect.stringMatching(message),
    place: line === undefined ? { file: join(folder, file) } : { file: join(folder, file), line },
    fix: expect.stringMatching(/./),
    exitCode: 2,
  });
});

test("a syntax error in JavaScript is found by its line too", async () => {
  await expect(runScript(1, "export default async () => {\n  const a = ;\n};", { file: "bad.mjs" })).rejects.toMatchObject({
    place: { file: join(folder, "bad.mjs"), line: 2 },
  });
});

test("what cannot be sent is refused at the line that asks", async () => {
  const port = await serve(answerOk);
  const refusals = [
    ["http.get('no-slash')", /path begins with/],
    ["http.request('get', '/')", /capital letters/],
    ["http.post('/', { body: 'a', json: {} })", /one of body, json and form/],
    ["http.get('/', { headers: { 'X-A': 'a\\r\\nB: c' } })", /must be one line/],
    ["think('soon')", /think needs/],
    ["random.int(5, 1)", /whole numbers/],
  ] as const;
  const text = `export default async ({ http, think, random, check }) => {
    await http.get("/");
    ${refusals.map(([call], index) => `try { await ${call}; } catch (error) { check("${index} " + error.message, true); }`).join("\n")}
  };`;
  const result = await runScript(port, text);
  const messages = result.script?.checks.map(({ name }) => name) ?? [];
  expect(messages).toHaveLength(refusals.length);
  for (const [index, [, message]] of refusals.entries()) expect(messages[index]).toMatch(message);
});

test("names without end are counted under one", async () => {
  const port = await serve(answerOk);
  let calls = 0;
  const result = await runScript(port, "let n = 0; export default ({ http }) => http.get('/', { name: 'page ' + n++ });", {
    traffic: { model: "open", arrivals: "even", stages: [{ fromPerSecond: 1000, toPerSecond: 1000, forMs: 300 }] },
  });
  calls = result.requests.reduce((sum, request) => sum + request.asked, 0);
  expect(result.requests).toHaveLength(201);
  expect(result.requests.at(-1)).toMatchObject({ name: "(other names)", asked: 100 });
  expect(calls).toBe(300);
});

test("scripts go over HTTP/2 as everything does", async () => {
  const server = createHttp2Server((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      response.setHeader("set-cookie", "a=1");
      response.end(`${request.method} ${body} ${request.headers.cookie ?? "-"}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const text = `export default async ({ http, check }) => {
    await http.get("/");
    const answer = await http.post("/", { body: "도장" });
    check(answer.text(), true);
  };`;
  const target = { scheme: "http", host: "127.0.0.1", port, protocol: "h2" } as const;
  const result = await runScript(port, text, { target });
  expect(result.totals).toMatchObject({ asked: 50, completed: 50, errors: {} });
  expect(result.script?.checks.map(({ name }) => name)).toEqual(["POST 도장 a=1"]);
});

test("warm-up is not judged, and one request in so many carries an id", async () => {
  const ids = new Set<unknown>();
  const port = await serve((request, response) => {
    ids.add(request.headers["x-request-id"]);
    response.end("ok");
  });
  const result = await runScript(port, "export default ({ http }) => http.get('/');", {
    warmUp: { ratePerSecond: 100, forMs: 200 },
    requestIdEvery: 10,
    traffic: closed,
  });
  expect(result.totals.completed).toBe(result.totals.asked);
  expect(result.script?.sessions).toBeLessThanOrEqual(result.totals.asked + 3);
  expect([...result.samples.requestIds.values()].every((id) => ids.has(id))).toBe(true);
  expect(result.samples.requestIds.size).toBeGreaterThan(0);
});
