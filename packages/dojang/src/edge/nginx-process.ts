import { execFile, spawn } from "node:child_process";
import { open, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Problem } from "@dojang/model";
import { identifyProcess, isAlive, type ProcessIdentity } from "../store/process-identity.ts";
import { writeWhole } from "./open-folder.ts";

/**
 * An nginx of our own, with its folder: `<folder>/current/nginx.conf` is what it is told.
 *
 * It is started in a session of its own and lives on when Dojang ends. `nginx.json` holds its identity, which a process that got the
 * same number later cannot be taken for; when Dojang was killed before it wrote that, nginx's own pid file and command line tell.
 * A master that was killed leaves workers that go on serving and hold the ports: they are found by their working directory.
 */
export class NginxProcess {
  readonly #folder: string;
  readonly #binary: string;

  constructor(options: { readonly folder: string; readonly binary: string }) {
    this.#folder = options.folder;
    this.#binary = options.binary;
  }

  /** nginx's own word on a configuration: undefined when it takes it. */
  async test(configuration: string, signal: AbortSignal): Promise<string | undefined> {
    return await commandFailure([this.#binary, "-t", "-q", "-p", this.#folder, "-e", "stderr", "-c", configuration], signal);
  }

  async master(): Promise<number | undefined> {
    const identity = await this.#readIdentity();
    if (identity !== undefined) return isAlive(identity) ? identity.pid : await this.#masterByFile();
    return await this.#masterByFile();
  }

  /** Workers that serve; those that only finish what they have are left out. */
  async workers(master: number): Promise<readonly number[]> {
    const children = await childrenOf(master);
    const titles = await Promise.all(children.map(commandLine));
    return children.filter((_, index) => /worker process(?! is shutting down)/.test(titles[index] ?? ""));
  }

  /** Resolves when its workers are there. Throws Problem `nginx-start-failed` with what nginx said. */
  async start(signal: AbortSignal): Promise<void> {
    const logged = await this.#logSize();
    const child = spawn(
      this.#binary,
      ["-p", this.#folder, "-e", join(this.#folder, "logs/error.log"), "-c", join(this.#folder, "current/nginx.conf"), "-g", "daemon off;"],
      { cwd: this.#folder, detached: true, stdio: "ignore", env: { PATH: process.env.PATH } },
    );
    const failed = new Promise<never>((_, reject) => child.on("error", reject));
    failed.catch(() => {});
    child.unref();
    const pid = child.pid;
    if (pid === undefined) return await failed;
    const identity = identifyProcess(pid);
    if (identity !== undefined) await writeWhole(this.#identityFile, JSON.stringify(identity), 0o600);
    const isUp = await this.#until(async () => child.exitCode !== null || (await this.workers(pid)).length > 0, signal);
    if (isUp && child.exitCode === null) return;
    throw startFailed((await this.#complaints(logged)) ?? `it ended with status ${child.exitCode}`);
  }

  /**
   * Resolves when workers with the configuration of now serve and the former ones take nothing new. Throws Problem
   * `nginx-reload-failed` with what nginx said; it then goes on with what it had.
   */
  async reload(signal: AbortSignal): Promise<void> {
    const master = await this.master();
    if (master === undefined) throw new Error("nginx does not run");
    const former = new Set(await this.workers(master));
    const logged = await this.#logSize();
    process.kill(master, "SIGHUP");
    let complaint: string | undefined;
    const isDone = await this.#until(async () => {
      complaint = await this.#complaints(logged);
      if (complaint !== undefined) return true;
      const now = await this.workers(master);
      return now.length > 0 && now.every((pid) => !former.has(pid));
    }, signal);
    if (complaint !== undefined) throw reloadFailed(complaint);
    if (!isDone) throw reloadFailed(`no new workers after ${patienceMs / 1000} s`);
  }

  /** nginx opens its logs anew, for those that were renamed. */
  async reopenLogs(): Promise<void> {
    const master = await this.master();
    if (master !== undefined) process.kill(master, "SIGUSR1");
  }

  /** Requests that are under way get `graceMs`; WebSockets too. Nothing to do when it does not run. */
  async stop(options: { readonly graceMs: number; readonly signal: AbortSignal }): Promise<void> {
    const master = await this.master();
    const all = async () => [...(master !== undefined && identifyProcess(master) ? [master] : []), ...(await this.#strays())];
    for (const [name, waitMs] of [
      ["SIGQUIT", options.graceMs],
      ["SIGTERM", 3_000],
      ["SIGKILL", 3_000],
    ] as const) {
      for (const pid of await all()) sendSignal(pid, name);
      if (await this.#until(async () => (await all()).length === 0, options.signal, waitMs)) return;
    }
    throw new Error(`nginx in ${this.#folder} did not end`);
  }

  /** Workers without a master stop taking what is new and finish what they have, so that another nginx can have their ports. */
  async dismissOrphans(signal: AbortSignal): Promise<boolean> {
    const orphans = await this.#strays();
    if (orphans.length === 0) return false;
    for (const pid of orphans) sendSignal(pid, "SIGQUIT");
    const isLeaving = async () => {
      const titles = await Promise.all(orphans.map(commandLine));
      return titles.every((title) => !/worker process(?! is shutting down)/.test(title));
    };
    if (!(await this.#until(isLeaving, signal, 5_000))) for (const pid of orphans) sendSignal(pid, "SIGKILL");
    return true;
  }

  get #identityFile(): string {
    return join(this.#folder, "nginx.json");
  }

  async #readIdentity(): Promise<ProcessIdentity | undefined> {
    const text = await readFile(this.#identityFile, "utf8").catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as ProcessIdentity); // Written by `start` alone.
  }

  async #masterByFile(): Promise<number | undefined> {
    const pid = Number(await readFile(join(this.#folder, "nginx.pid"), "utf8").catch(() => ""));
    if (!Number.isInteger(pid) || pid <= 1 || identifyProcess(pid) === undefined) return undefined;
    const title = await commandLine(pid);
    return title.startsWith("nginx: master") && title.includes(` -p ${this.#folder} `) ? pid : undefined;
  }

  /** Processes of nginx that work in the folder, other than the master and its children. */
  async #strays(): Promise<readonly number[]> {
    const master = await this.master();
    const own = new Set(master === undefined ? [] : [master, ...(await childrenOf(master))]);
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const found: number[] = [];
    for (const pid of pids.filter((one) => !own.has(one))) {
      const folder = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      if (folder === this.#folder && (await commandLine(pid)).startsWith("nginx: ") && identifyProcess(pid)) found.push(pid);
    }
    return found;
  }

  async #logSize(): Promise<number> {
    return (await stat(join(this.#folder, "logs/error.log")).catch(() => undefined))?.size ?? 0;
  }

  /** What nginx wrote at its worst level after a place of its log. */
  async #complaints(from: number): Promise<string | undefined> {
    const file = await open(join(this.#folder, "logs/error.log")).catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, from);
      return emergencies(buffer.subarray(0, bytesRead).toString());
    } finally {
      await file.close();
    }
  }

  async #until(condition: () => Promise<boolean>, signal: AbortSignal, limitMs = patienceMs): Promise<boolean> {
    for (const end = Date.now() + limitMs; ; await delay(20, undefined, { signal })) {
      if (await condition()) return true;
      if (Date.now() > end) return false;
    }
  }
}

const patienceMs = 20_000;

/** Runs a command that says on stderr what is wrong; undefined when all is well. */
export async function commandFailure(argv: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const [command = "", ...rest] = argv;
  try {
    await promisify(execFile)(command, rest, { timeout: 30_000, signal, maxBuffer: 1024 * 1024 });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
    return emergencies(said) ?? (said.trim() || (error instanceof Error ? error.message : String(error)));
  }
}

/**
 * The lines that say why nginx gave up, without time and process:
 * `2026/11/21 20:51:07 [emerg] 411#411: unknown directive "x" in /tmp/nginx.conf:1`, `nginx: [emerg] host not found in ...`.
 */
function emergencies(log: string): string | undefined {
  const found = [...log.matchAll(/\[(?:emerg|alert)\] (?:\d+#\d+: )?(.+)/g)].map((match) => match[1]);
  return found.length === 0 ? undefined : [...new Set(found)].join("; ");
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}

async function commandLine(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ").trim();
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function startFailed(said: string): Problem {
  return new Problem({
    code: "nginx-start-failed",
    message: `nginx did not start: ${said}`,
    fix: "put right what it says, and start it again",
    exit: "infrastructure",
  });
}

function reloadFailed(said: string): Problem {
  return new Problem({
    code: "nginx-reload-failed",
    message: `nginx did not take its new configuration and goes on with the former one: ${said}`,
    fix: "put right what it says, and apply it again",
    exit: "infrastructure",
  });
}
