import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serve } from "../../tests/serve.ts";
import { makePlan } from "../plan/make-plan.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { readScriptFiles } from "./script-files.ts";
import { fromWire, type GeneratorLine, type GeneratorOrder } from "./wire-format.ts";

const program = join(import.meta.dirname, "environment-main.ts");

async function scriptFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dojang-perf-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "lib"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const base: Scenario = { name: "s", flows: [], headers: [], variables: {}, data: [] };

function planFor(scenario: Scenario) {
  // The port is what the variable says: inside, a name is not known before.
  const target = { scheme: "http", host: "api", port: 1, protocol: "http/1.1" } as const;
  return makePlan({ target, scenario, users: 2, forMs: 300, timeoutMs: 2_000 });
}

/** Gives an order to the program and reads what it tells. */
async function order(
  wanted: GeneratorOrder,
  port: number,
): Promise<{ readonly lines: readonly GeneratorLine[]; readonly code: number | null }> {
  const env = { ...process.env, TARGET: `http://127.0.0.1:${port}` };
  const child = spawn(process.execPath, [program], { env, stdio: ["pipe", "pipe", "inherit"], timeout: 40_000 });
  child.stdin.end(JSON.stringify({ ...wanted, targetVariable: "TARGET" }));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    code,
    lines: output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  };
}

test("an order is carried out: the start, the seconds and the result come as lines", async () => {
  const port = await serve((_, response) => void setTimeout(() => response.end("ok"), 5));
  const request = { name: "GET /", method: "GET", url: "/", headers: [], captures: [], checks: [] };
  const plan = planFor({ ...base, flows: [{ name: "f", weight: 1, requests: [request] }] });
  const { lines, code } = await order({ plan }, port);
  expect(code).toBe(0);
  expect(lines[0]?.kind).toBe("started");
  const last = lines.at(-1);
  if (last?.kind !== "result") throw new Error(JSON.stringify(last));
  const result = fromWire(plan, last.result);
  expect(result.totals.completed).toBe(result.totals.asked);
  expect(result.samples.count).toBe(result.totals.asked);
});

test("a script is sent with what it imports, and its errors name the files that people know", async () => {
  const port = await serve((_, response) => void setTimeout(() => response.end("ok"), 5));
  const folder = await scriptFolder({
    "visit.ts":
      'import { path } from "./lib/paths.ts";\nexport default async ({ http }) => {\n  await http.get(path);\n  throw new Error("late");\n};',
    "lib/paths.ts": 'export const path: string = "/todos";',
    "users.csv": "user\nann\n",
  });
  const module = join(folder, "visit.ts");
  const scriptFiles = await readScriptFiles(module);
  expect(scriptFiles.map(({ path }) => path)).toEqual(["lib/paths.ts", "visit.ts"]);
  const plan = planFor({ ...base, module });
  const { lines } = await order({ plan, scriptFiles }, port);
  const last = lines.at(-1);
  if (last?.kind !== "result") throw new Error(JSON.stringify(last));
  const result = fromWire(plan, last.result);
  expect(result.requests.map(({ name }) => name)).toEqual(["GET /todos"]);
  expect(result.script?.errors).toEqual([{ message: "Error: late", at: `${module}:4:9`, times: result.totals.errors.script }]);
  expect(result.plan.scenario.flows[0]?.requests[0]?.name).toBe("GET /todos");
});

test("a script that cannot be run, and one that never gives its thread back, fail with the place", async () => {
  const port = await serve((_, response) => void response.end("ok"));
  const folder = await scriptFolder({ "none.ts": "export const visit = 1;", "loop.ts": "export default () => {\n  for (;;) {}\n};" });
  const run = async (name: string) => {
    const module = join(folder, name);
    return order({ plan: planFor({ ...base, module }), scriptFiles: await readScriptFiles(module) }, port);
  };
  const none = await run("none.ts");
  expect(none.code).toBe(2);
  expect(none.lines.at(-1)).toMatchObject({
    kind: "failed",
    code: "scenario-script",
    message: expect.stringContaining("no default export"),
  });
  const loop = await run("loop.ts");
  expect(loop.lines.at(-1)).toMatchObject({
    kind: "failed",
    code: "scenario-script-stuck",
    message: expect.stringContaining(`${join(folder, "loop.ts")}:2`),
  });
});

test("a file that would be written outside the script's folder is refused", async () => {
  const port = await serve((_, response) => void response.end("ok"));
  const plan = planFor({ ...base, module: "/project/visit.ts" });
  const { lines } = await order({ plan, scriptFiles: [{ path: "../escaped.ts", text: "" }] }, port);
  expect(lines.at(-1)).toMatchObject({ kind: "failed", message: expect.stringContaining("leaves the script's folder") });
});
