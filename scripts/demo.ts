/**
 * `npm run demo`: the main job on the sample system. Says what this machine permits, checks the configuration, proves the system as
 * `dojang run` does anywhere else, and goes on: to staging, functional tests there, approval, production behind nginx, a bad release
 * that is taken back by itself, and a restore. Takes the sites down again, unless `--keep`. Ends with the exit code of what failed.
 *
 * At a terminal the approval is asked for; elsewhere it is given by flag.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { basename, join } from "node:path";
import { visit } from "./demo-visitors.ts";

const root = join(import.meta.dirname, "..");
const example = join(root, "examples", "todo");
const command = join(root, "packages", "dojang", "bin", "dojang.js");
const keep = process.argv.includes("--keep");
const passedOn = process.argv.slice(2).filter((word) => word !== "--keep");

/** As dojang.yml of the sample system says. */
const production = { host: "todo.test", port: 8443 };

function told(args: readonly string[]): void {
  process.stderr.write(`\n$ dojang ${args.map((arg) => arg.replace(`${root}/`, "")).join(" ")}\n`);
}

function dojang(...args: readonly string[]): number {
  told(args);
  return spawnSync(process.execPath, [command, ...args], { stdio: "inherit" }).status ?? 70;
}

/** The same, while this process goes on with its own work. */
function dojangMeanwhile(...args: readonly string[]): Promise<number> {
  told(args);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { stdio: "inherit" });
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 70));
  });
}

function dojangJson(...args: readonly string[]): string {
  return spawnSync(process.execPath, [command, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).stdout;
}

interface DoctorCheck {
  readonly name: string;
  readonly state: string;
  readonly seen: string;
}

/** What the sample system's services need of this machine. Without it the jobs that start no service are still proved. */
const programsOfServices = ["PostgreSQL", "Redis or Valkey"];
const jobsWithoutServices = ["lint", "unit", "config", "image"];

function missingPrograms(): readonly DoctorCheck[] {
  // The shape is the command's own.
  const { checks } = JSON.parse(dojangJson("doctor", "--json")) as { checks: readonly DoctorCheck[] };
  return checks.filter((check) => check.state === "missing" && programsOfServices.includes(check.name));
}

function hasNginx(): boolean {
  return ["/usr/sbin/nginx", "nginx"].some((program) => spawnSync(program, ["-v"], { stdio: "ignore" }).status === 0);
}

async function demo(): Promise<number> {
  const able = dojang("doctor");
  if (able !== 0) return able;
  const checked = dojang("check", example);
  if (checked !== 0) return checked;
  const missing = missingPrograms();
  if (missing.length > 0) {
    for (const { name, seen } of missing)
      process.stderr.write(`left out: jobs integration and linked, and all deployments, because ${name} is not here (${seen})\n`);
    return dojang("run", example, "--job", ...jobsWithoutServices, ...passedOn);
  }
  if (!hasNginx()) {
    process.stderr.write("left out: staging and production, because nginx is not here\n");
    return dojang("run", example, ...passedOn);
  }
  const folder = mkdtempSync(join(tmpdir(), "dojang-demo-"));
  const project = join(folder, "todo");
  try {
    return await throughToProduction(project);
  } finally {
    if (!keep) for (const site of ["todo-staging", "todo-production"]) dojang("sites", "remove", site, "--with-data", "--yes");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function throughToProduction(project: string): Promise<number> {
  // A release is of a commit, and this one is to get a bad one too: so it is a repository of its own.
  cpSync(example, project, { recursive: true, filter: (path) => !leftBehind.includes(basename(path)) });
  commit(project, { message: "The sample system", isFirst: true });
  // A change to prove: it is right, and one of its tests would pass if it were not. The mutation job says so.
  execFileSync("git", ["apply", "bugs/weak-test.patch"], { cwd: project });
  commit(project, { message: "Retries give up once they have waited long enough" });
  for (const environment of ["staging", "production"])
    for (const name of ["POSTGRES_PASSWORD", "JWT_SECRET"]) {
      const set = dojang("secrets", "set", environment, name, "--generate", "--only-missing", "-C", project);
      if (set !== 0) return set;
    }
  process.stderr.write("\n$ echo https://chat.example/hook | dojang secrets set production ALERT_URL\n");
  spawnSync(process.execPath, [command, "secrets", "set", "production", "ALERT_URL", "-C", project], {
    input: "http://127.0.0.1:9/nobody-listens",
  });
  dojang("people", "add", "maintainers", process.env.SUDO_USER ?? userInfo().username);
  const asked = process.stdin.isTTY === true ? [] : ["--approve"];
  const proved = dojang("run", project, "--deploy", ...asked, "--out", join(example, ".dojang"), ...passedOn);
  if (proved !== 0) return proved;
  return (await badRelease(project)) ?? restored(project);
}

const leftBehind = ["node_modules", "dist", ".dojang", "out", "coverage", "test-results"];

/** Undefined when it went as it should: live, seen to do badly, taken back. */
async function badRelease(project: string): Promise<number | undefined> {
  process.stderr.write(
    "\nA release with a mistake that only visitors meet (bugs/web-limits-everybody.patch), while people look at the site:\n",
  );
  execFileSync("git", ["apply", "bugs/web-limits-everybody.patch"], { cwd: project });
  commit(project, { message: "Nobody asks more often than sixty times a minute" });
  const visitors = visit({ ...production, paths: ["/", "/assets/style.css"], everyMs: 40 });
  const asked = process.stdin.isTTY === true ? [] : ["--approve"];
  const ended = await dojangMeanwhile(
    "deploy",
    "production",
    "-C",
    project,
    ...asked,
    "--without-evidence",
    "the demo shows what happens then",
  );
  const after = { ...visitors.seen };
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await visitors.stop();
  const during = Object.entries(after).map(([status, count]) => `${count} times ${status}`);
  const since = Object.entries(visitors.seen).map(([status, count]) => [status, count - (after[status] ?? 0)] as const);
  process.stderr.write(
    `visitors saw ${during.join(", ")}; since it was taken back ${since
      .filter(([, count]) => count > 0)
      .map(([status, count]) => `${count} times ${status}`)
      .join(", ")}\n`,
  );
  if (ended !== 1) {
    process.stderr.write(`the bad release was to be taken back, which ends with 1; it ended with ${ended}\n`);
    return ended === 0 ? 1 : ended;
  }
  return undefined;
}

/** What was written after a backup is gone once it is restored, and what was there is there. */
function restored(project: string): number {
  process.stderr.write("\nA backup, something written after it, and the backup restored:\n");
  const before = newList("kept");
  const taken = dojangJson("backup", "take", "production", "postgres", "-C", project, "--json");
  const backup: { readonly id: string } = JSON.parse(taken.trim().split("\n").at(-1) ?? "{}");
  const after = newList("written after the backup");
  const code = dojang("restore", "production", "--backup", backup.id, "-C", project);
  if (code !== 0) return code;
  const [first, second] = [statusOf(`/api/lists/${before}`), statusOf(`/api/lists/${after}`)];
  process.stderr.write(`the list from before the backup answers ${first}, the one from after it ${second}\n`);
  return first === "200" && second === "404" ? 0 : 1;
}

function newList(item: string): string {
  const body = JSON.stringify({ items: [item] });
  const answer = curl("/api/lists", "-H", "content-type: application/json", "-d", body);
  return (JSON.parse(answer) as { id: string }).id;
}

function statusOf(path: string): string {
  return curl(path, "-o", "/dev/null", "-w", "%{http_code}");
}

function curl(path: string, ...more: readonly string[]): string {
  const { host, port } = production;
  return execFileSync(
    "curl",
    ["-sk", "--max-time", "20", "--resolve", `${host}:${port}:127.0.0.1`, ...more, `https://${host}:${port}${path}`],
    {
      encoding: "utf8",
    },
  );
}

function commit(project: string, { message, isFirst = false }: { readonly message: string; readonly isFirst?: boolean }): void {
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=Author", "-c", "user.email=author@example.com", ...args], { cwd: project });
  if (isFirst) git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", message);
}

process.exitCode = await demo();
