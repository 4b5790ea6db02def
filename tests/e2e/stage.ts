import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual, promisify } from "node:util";
import { expect } from "vitest";
import { type Ended, type Running, repository, type StartOptions, startDojang } from "./dojang-command.ts";
import { findLeftovers, findProcesses, killAll, nothing } from "./leftovers.ts";

/** A state folder of its own, with projects beside it, on which the real command is run. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly temporary: string;
  /** Name of the projects on this stage: what is left of it can be told from what belongs to others. */
  readonly project: string;
  /** A fresh copy of a fixture, with files changed, or removed where `undefined`. Returns its folder. */
  copy(fixture: string, changes?: Changes): Promise<string>;
  /** Changes files of a copy, as `copy` does. */
  change(directory: string, changes: Changes): Promise<void>;
  /** A copy of what the repository has of an example, with one of the patches in it applied. */
  copyExample(name: string, options?: { readonly patch?: string; readonly changes?: Changes }): Promise<string>;
  start(args: readonly string[], options: CommandOptions): Running;
  run(args: readonly string[], options: CommandOptions): Promise<Ended>;
  /** Asserts that no process, mount, control group or folder of an environment is left; what ends by itself has `withinMs`. */
  expectNothingLeft(options?: { readonly withinMs: number }): Promise<void>;
}

export type Changes = Readonly<Record<string, string | undefined | ((before: string) => string)>>;
export type CommandOptions = Pick<StartOptions, "directory" | "through"> & { readonly environment?: StartOptions["environment"] };

const run = promisify(execFile);
const fixtures = join(import.meta.dirname, "fixtures");

export interface StageOptions {
  /** Whose the folders are; the tests' own user when absent. */
  readonly owner?: number;
}

export async function setStage({ owner }: StageOptions = {}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "dojang-e2e-"));
  // Guests are another user than root: they must be able to pass.
  await chmod(folder, 0o711);
  const home = join(folder, "home");
  const temporary = join(folder, "temporary");
  await Promise.all([home, temporary].map((path) => mkdir(path).then(() => chmod(path, 0o711))));
  const give = (path: string) =>
    owner !== undefined && process.getuid?.() === 0 ? run("chown", ["-R", `${owner}:${owner}`, path]) : undefined;
  await give(folder);
  const project = `counter-${randomBytes(3).toString("hex")}`;
  let copies = 0;

  const started: { readonly args: readonly string[]; readonly running: Running }[] = [];
  const start: Stage["start"] = (args, { environment, ...options }) => {
    const running = startDojang(args, {
      ...options,
      environment: { ...usualEnvironment(), DOJANG_HOME: home, TMPDIR: temporary, ...environment },
    });
    started.push({ args, running });
    return running;
  };

  return {
    folder,
    home,
    temporary,
    project,
    async copy(fixture, changes = {}) {
      const directory = join(folder, `${fixture}-${++copies}`);
      await cp(join(fixtures, fixture), directory, { recursive: true });
      await change(directory, { "dojang.yml": (text) => text.replace(/^name: .*\n/m, `name: ${project}\n`) });
      await change(directory, changes);
      await give(directory);
      return directory;
    },
    async copyExample(name, { patch, changes = {} } = {}) {
      const directory = join(folder, `${name}-${++copies}`);
      await mkdir(directory);
      // Without what is installed and built there; files that are not committed yet are part of it.
      const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
        cwd: join(repository, "examples", name),
      });
      for (const file of stdout.split("\0").filter((one) => one !== ""))
        await cp(join(repository, "examples", name, file), join(directory, file));
      if (patch !== undefined) await run("patch", ["-p1", "-s", "-i", patch], { cwd: directory });
      await change(directory, changes);
      return directory;
    },
    change,
    start,
    run: (args, options) => start(args, options).ended,
    async expectNothingLeft({ withinMs } = { withinMs: 0 }) {
      const deadline = Date.now() + withinMs;
      let left = await findLeftovers({ home, temporary, project });
      while (!isDeepStrictEqual(left, nothing) && Date.now() < deadline) {
        await wait(50);
        left = await findLeftovers({ home, temporary, project });
      }
      expect(left).toEqual(nothing);
    },
    async [Symbol.asyncDispose]() {
      await tellUnfinished(started, folder);
      killAll((await findProcesses(folder)).map(({ pid }) => pid));
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** A command that a test gave up on: what it said and what of it lived are gone with the stage. */
async function tellUnfinished(started: readonly { readonly args: readonly string[]; readonly running: Running }[], folder: string) {
  const unfinished = started.filter(({ running: { child } }) => child.exitCode === null && child.signalCode === null);
  if (unfinished.length === 0) return;
  const alive = (await findProcesses(folder)).map(({ pid, command }) => `${pid} ${command.slice(0, 300)}`).join("\n");
  for (const { args, running } of unfinished) {
    const { stdout, stderr } = running.printed();
    console.error(`dojang ${args.join(" ")} (${running.pid}) has not ended:\n${stderr.slice(-4_000)}\n${stdout.slice(-4_000)}\n${alive}`);
  }
}

/** The last line of `--json` is the result. */
export function lastJson<T>({ stdout, stderr }: Ended): T {
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`expected JSON as the last line, got ${JSON.stringify(line)}\n${stderr}`);
  // The caller names the shape it then checks.
  return JSON.parse(line) as T;
}

/** What vitest adds to the environment is no part of a user's. */
function usualEnvironment(): Record<string, string | undefined> {
  const dropped = /^(VITEST|NODE_ENV$|NODE_OPTIONS$|DOJANG_|TEST$|VITE_|FORCE_COLOR$|NO_COLOR$|DATABASE_URL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.test(name)));
}

async function change(directory: string, changes: Changes): Promise<void> {
  for (const [name, to] of Object.entries(changes)) {
    const path = join(directory, name);
    if (to === undefined) await rm(path, { recursive: true });
    else if (typeof to === "string") await writeFile(path, to);
    else {
      const before = await readFile(path, "utf8");
      const after = to(before);
      if (after === before) throw new Error(`the change of ${name} changed nothing`);
      await writeFile(path, after);
    }
  }
}
