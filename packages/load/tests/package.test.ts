import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkTypes, type InstalledPackage, installPackage, runFile } from "../../../scripts/installed-package.ts";
import { serve } from "./serve.ts";

let installed: InstalledPackage;
let home: string;

beforeAll(() => {
  installed = installPackage(join(import.meta.dirname, ".."));
  home = installed.home;
}, 300_000);

afterAll(() => installed?.remove());

/** The verdict of a run at a rate would say how busy this machine is. */
const fewUsers = ["--users", "2", "--for", "1s"];

test("npx loads a server with threads of its own, judges it, and leaves the result as JSON", async () => {
  let seen = 0;
  const port = await serve((_, response) => {
    seen++;
    // Without a pause the users would keep a core busy, which is no verdict.
    setTimeout(() => response.end("ok"), 10);
  });
  const args = [`http://127.0.0.1:${port}/`, ...fewUsers, "--threads", "2", "--json", "result.json"];
  const { code, stdout, stderr } = await npx(args);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("answered") });
  expect(stdout).toMatch(/^PASSED/);
  expect(seen).toBeGreaterThan(0);
  expect(JSON.parse(readFileSync(join(home, "result.json"), "utf8"))).toMatchObject({ asked: seen, completed: seen });
});

test("a scenario is read, and an objective that did not hold is exit code 1", async () => {
  const port = await serve((request, response) => void response.writeHead(request.url === "/b" ? 500 : 200).end());
  writeFileSync(
    join(home, "visit.yaml"),
    `target: http://127.0.0.1:${port}\nrequests:\n  - { request: GET /a, think: 5ms }\n  - { request: GET /b, think: 5ms }\n`,
  );
  const { code, stdout } = await npx(["--scenario", "visit.yaml", ...fewUsers, "--objective", "errors<1%", "--quiet"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAILED: .*errors/);
  expect(stdout).toContain("GET /b");
});

test("a scenario in TypeScript is run as it is, and a mistake in it is told with its line", async () => {
  const port = await serve((_, response) => void setTimeout(() => response.end(JSON.stringify({ id: 7 })), 10));
  const script = `import type { Visit } from "@dojang/load";
const visit: Visit = async ({ http, check }) => {
  const made = await http.post("/lists", { json: { title: "a" } });
  const { id } = made.json<{ id: number }>();
  check("it has an id", id === 7);
  await http.get(\`/lists/\${id}\`);
};
export default visit;
`;
  writeFileSync(join(home, "visit.ts"), script);
  const args = (file: string) => [`http://127.0.0.1:${port}`, "--scenario", file, ...fewUsers, "--quiet"];
  const { code, stdout } = await npx(args("visit.ts"));
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/GET \/lists\/:id[\s\S]*check: it has an id: \d+ held\n/),
  });
  checkTypes(installed, script);
  writeFileSync(join(home, "broken.ts"), script.replace("id === 7", "id ==="));
  expect(await npx(args("broken.ts"))).toMatchObject({ code: 2, stderr: expect.stringMatching(/broken\.ts:5: .*fix:|broken\.ts:5/) });
  writeFileSync(join(home, "throws.ts"), script.replace("const { id }", "const { id }: any").replace("made.json", "made.jsn"));
  const failed = await npx(args("throws.ts"));
  expect(failed.stdout).toMatch(/script: \d+ x TypeError: made\.jsn is not a function at .*throws\.ts:4:\d+/);
});

test("WebSockets go without anything installed beside it", async () => {
  const port = await serve((_, response) => void response.writeHead(426).end());
  writeFileSync(join(home, "live.yaml"), "requests:\n  - { websocket: /live, think: 5ms }\n");
  const { stdout } = await npx([`http://127.0.0.1:${port}`, "--scenario", "live.yaml", ...fewUsers, "--quiet"]);
  expect(stdout).toMatch(/WS \/live[\s\S]*status: 426 x \d+\nerror: \d+ x the status says error/);
});

test("what cannot be used is refused in words, with its own exit code", async () => {
  writeFileSync(join(home, "bad.yaml"), "requests:\n  - requst: GET /\n");
  const scenario = await npx(["--scenario", "bad.yaml"]);
  expect(scenario).toMatchObject({ code: 2, stderr: expect.stringMatching(/unknown key "requst"[\s\S]*fix:/) });
  expect(await npx(["http://127.0.0.1:1/", "--rate", "0"])).toMatchObject({ code: 2, stderr: expect.stringContaining("above 0") });
  expect(await npx(["http://127.0.0.1:1/"])).toMatchObject({ code: 3, stderr: expect.stringContaining("load-target-unreachable") });
  expect(await npx(["http://192.0.2.1/"])).toMatchObject({ code: 4, stderr: expect.stringContaining("--allow-host 192.0.2.1") });
  expect(await npx(["--ratee", "5"])).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean --rate") });
});

test("tells its version and what it can do", async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
  expect(await npx(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  expect(await npx(["--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("--scenario") });
});

test("is imported as a library, with its threads", async () => {
  const port = await serve((_, response) => void response.end("ok"));
  const program = `
    import { makePlan, runLoad } from "@dojang/load";
    const request = { name: "GET /", method: "GET", url: "/", headers: [], captures: [], checks: [] };
    const scenario = { name: "s", flows: [{ name: "f", weight: 1, requests: [request] }], headers: [], variables: {}, data: [] };
    const target = { scheme: "http", host: "127.0.0.1", port: ${port}, protocol: "http/1.1" };
    const result = await runLoad(makePlan({ target, scenario, ratePerSecond: 20, forMs: 500 }), { signal: new AbortController().signal });
    console.log(result.totals.completed);
  `;
  writeFileSync(join(home, "use.mjs"), program);
  expect(await run(process.execPath, ["use.mjs"])).toEqual({ code: 0, stdout: "10\n", stderr: "" });
});

test("its types are complete, without zod and without the checkout", () => {
  checkTypes(
    installed,
    `import { type LoadPlan, type LoadResult, makePlan, readScenario, runLoad } from "@dojang/load";
     const scenario = await readScenario("visit.yaml", { environment: {} });
     const plan: LoadPlan = makePlan({ target: { scheme: "http", host: "localhost", port: 80, protocol: "http/1.1" }, scenario });
     const result: LoadResult = await runLoad(plan, { signal: new AbortController().signal });
     console.log(result.totals.latency.count);
     // @ts-expect-error there is no such option
     makePlan({ scenari: scenario });
    `,
  );
});

test("brings the terms of everything that is inside, and nothing else has to be installed", () => {
  const folder = join(home, "node_modules/@dojang/load");
  expect(readFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), "utf8")).toMatch(/^ws [\d.]+ \(MIT\)$[\s\S]*^yaml [\d.]+ \(ISC\)$/m);
  expect(existsSync(join(folder, "LICENSE"))).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).dependencies).toBeUndefined();
  expect(existsSync(join(folder, "src"))).toBe(false);
});

test("the checkout's own command is found by npx", () => {
  expect(runFile("npx", ["--no-install", "dojang-load", "--version"], join(import.meta.dirname, "../../.."))).toMatch(/^\d+\.\d+\.\d+\n$/);
});

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const npx = (args: readonly string[]): Promise<Said> => run("npx", ["--no-install", "dojang-load", ...args]);

async function run(file: string, args: readonly string[]): Promise<Said> {
  const child = spawn(file, args, { cwd: home, stdio: ["ignore", "pipe", "pipe"], timeout: 50_000 });
  const ended = new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
