import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "../packages/dojang/src/edge/edge-test-bed.ts";

/**
 * Prints the row "deployments under load" of the design's numbers: `node bench/deployments.ts [DEPLOYMENTS] [ROLLBACKS]`, needs wrk,
 * nginx and Redis.
 *
 * The sample system is deployed for real, by the command itself: two commits take turns, each time saved, rehearsed, migrated, tried,
 * switched and watched, while two wrk ask for its first page without a pause: one on connections that stay, one on a new one for each
 * request. What failed is what wrk says. WebSockets, which the sample system has none of, are measured by `bench/switch.ts`.
 */
const deployments = Number(process.argv[2] ?? 20);
const rollbacks = Number(process.argv[3] ?? 5);
const connections = 4;

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "dojang-deployments-"));
chmodSync(folder, 0o711);
const home = join(folder, "home");
const project = join(folder, "todo");
for (const path of [home, project]) mkdirSync(path, { mode: 0o711 });
const port = await freePort();

interface StepTime {
  readonly step: string;
  readonly state: string;
  readonly durationMs: number;
}

try {
  copyExample();
  commit("one");
  for (const name of ["POSTGRES_PASSWORD", "JWT_SECRET"]) dojang("secrets", "set", "staging", name, "--generate");
  deploy();
  writeFileSync(join(project, "CHANGED"), "so that it is another release\n");
  commit("two");
  deploy();
  const wrk = [load("kept", []), load("new for each request", ["-H", "Connection: close"])];
  const times: StepTime[][] = [];
  const totals: number[] = [];
  for (let count = 0; count < deployments; count++) {
    const began = performance.now();
    times.push(deploy("--release", `todo-r${(count % 2) + 1}`));
    totals.push(performance.now() - began);
    console.log(`  ${count + 1} of ${deployments}: ${(totals.at(-1) ?? 0).toFixed(0)} ms`);
  }
  const back: number[] = [];
  for (let count = 0; count < rollbacks; count++) {
    const began = performance.now();
    dojang("rollback", "staging", "--json");
    back.push(performance.now() - began);
  }
  for (const { stop } of wrk) stop();
  const seen = await Promise.all(wrk.map(({ ended }) => ended));
  const sum = (of: (one: Answered) => number) => seen.reduce((all, one) => all + of(one), 0);
  console.log(
    `deployments under load: ${sum(({ failed }) => failed)} failed of ${sum(({ requests }) => requests)} requests over ${deployments} deployments and ${rollbacks} rollbacks (target: 0 of 100k over 20 and 5)`,
  );
  for (const { name, requests, failed } of seen) console.log(`  connections ${name}: ${failed} failed of ${requests} requests`);
  console.log(`  a deployment: ${seconds(median(totals))} s median; a rollback: ${seconds(median(back))} s median`);
  for (const step of [...new Set(times.flat().map((one) => one.step))]) {
    const all = times.flat().filter((one) => one.step === step && one.state === "done");
    if (all.length > 0) console.log(`    ${step.padEnd(10)} ${seconds(median(all.map(({ durationMs }) => durationMs)))} s`);
  }
} finally {
  // Nothing is live where the first deployment failed; what that says is of no use beside its own failure.
  try {
    dojang("sites", "remove", "todo-staging", "--with-data", "--yes");
  } catch {}
  rmSync(folder, { recursive: true, force: true });
}

/** What the repository has of it; staging without TLS, for wrk cannot say a name to whom it asks by an address. */
function copyExample(): void {
  const example = join(root, "examples", "todo");
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: example, encoding: "utf8" }).split("\0").filter(Boolean);
  for (const file of files) {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), readFileSync(join(example, file)));
  }
  const path = join(project, "dojang.yml");
  const text = readFileSync(path, "utf8");
  const listen = "listen: { address: 127.0.0.1, http: 8081, https: 8444 }";
  const backup = "    environment: staging\n    migrate: { run: npm run migrate, in: api }\n    backup: { before: [postgres] }\n";
  if (!text.includes(listen) || !text.includes(backup)) throw new Error("dojang.yml of the sample system is not what this expects");
  writeFileSync(
    path,
    text
      .replace(listen, `listen: { address: 127.0.0.1, http: ${port} }\n      tls: none\n      connection-limit: 1000`)
      .replace(backup, `${backup}    rollback: { on: [health, errors > 2%], within: 2s }\n`)
      .replace("    needs: [integration, linked, image]\n", ""),
  );
  execFileSync("git", ["init", "-q", "-b", "main"], { cwd: project });
}

function commit(message: string): void {
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=Bench", "-c", "user.email=bench@example.com", ...args], { cwd: project });
  git("add", "-A");
  git("commit", "-q", "-m", message);
}

function dojang(...args: readonly string[]): string {
  return execFileSync(process.execPath, [join(root, "packages", "dojang", "bin", "dojang.js"), ...args], {
    cwd: project,
    env: { ...process.env, DOJANG_HOME: home },
    encoding: "utf8",
    stdio: ["ignore", "pipe", process.env.VERBOSE ? "inherit" : "ignore"],
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** Throws unless it ends live. */
function deploy(...more: readonly string[]): StepTime[] {
  return dojang("deploy", "staging", "--json", ...more)
    .split("\n")
    .filter((line) => line.startsWith('{"kind":"step-ended"'))
    .map((line): StepTime => JSON.parse(line));
}

interface Answered {
  readonly name: string;
  readonly requests: number;
  readonly failed: number;
}

/** Until it is stopped; wrk tells what it has seen when it is interrupted. */
function load(name: string, more: readonly string[]): { readonly stop: () => void; readonly ended: Promise<Answered> } {
  // What is deployed has the machine first: visitors who fill it would only make each step slower.
  const child = spawn("nice", [
    ...["-n", "19", "wrk"],
    ...["-t1", `-c${connections}`, "-d3h", "--timeout", "20s", "-H", "Host: staging.todo.test"],
    ...more,
    `http://127.0.0.1:${port}/`,
  ]);
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  const ended = once(child, "exit").then((): Answered => {
    const number = (pattern: RegExp) => Number(pattern.exec(said)?.[1] ?? 0);
    const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(said)?.slice(1).map(Number) ?? [];
    const requests = number(/(\d+) requests in/);
    if (requests === 0) throw new Error(`wrk asked nothing: ${said}`);
    return { name, requests, failed: errors.reduce((sum, count) => sum + count, 0) + number(/Non-2xx or 3xx responses: (\d+)/) };
  });
  return { stop: () => child.kill("SIGINT"), ended };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
