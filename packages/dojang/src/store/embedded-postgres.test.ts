import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { locateEmbeddedPostgres } from "./embedded-postgres.ts";
import { postgresUid } from "./postgres-account.ts";
import { identifyProcess, isAlive } from "./process-identity.ts";
import { createRun, listRuns, type NewRun } from "./runs.ts";
import { openStore, type Store } from "./store.ts";
import { makeTestHome } from "./test-store.ts";

const signal = AbortSignal.timeout(300_000);
let home: string;
const children: ChildProcess[] = [];
const stores: Store[] = [];

beforeEach(async () => {
  home = await makeTestHome();
});

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  for (const store of stores.splice(0)) await store.close();
  if (isServerUp()) await (await openStore({ home, signal })).close();
  await rm(home, { recursive: true, force: true });
});

async function open(folder = home): Promise<Store> {
  const store = await openStore({ home: folder, signal });
  stores.push(store);
  return store;
}

function newRun(project: string): NewRun {
  return { project, change: "main", trusted: true, runtime: "fake", configHash: "h", snapshot: {}, jobs: [] };
}

/** Another process that opens the store, makes a run, says "open", and closes when its stdin ends. */
function startOpener(): { readonly child: ChildProcess; readonly opened: Promise<unknown> } {
  const script = `
    import { openStore } from ${JSON.stringify(new URL("./store.ts", import.meta.url).href)};
    import { createRun } from ${JSON.stringify(new URL("./runs.ts", import.meta.url).href)};
    const store = await openStore({ home: ${JSON.stringify(home)}, signal: new AbortController().signal });
    await createRun(store, ${JSON.stringify(newRun("child"))});
    console.log("open");
    process.stdin.resume().on("end", async () => { await store.close(); console.log("closed"); process.exit(0); });
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const lines = createInterface({ input: child.stdout! });
  return { child, opened: once(lines, "line", { signal }) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

async function end(child: ChildProcess): Promise<number | null> {
  const exited = once(child, "exit");
  child.stdin?.end();
  await exited;
  return child.exitCode;
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(join(home, "postgres/data/postmaster.pid"), "utf8"), 10);
}

function isServerUp(): boolean {
  return existsSync(join(home, "postgres/data/postmaster.pid"));
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10, undefined, { signal });
}

describe("life", () => {
  test("the last to leave stops the server, and what was stored is there the next time", async () => {
    const first = await open();
    const second = await open();
    await createRun(first, newRun("kept"));
    const server = identifyProcess(await postmasterPid())!;
    await first.close();
    expect(isAlive(server)).toBe(true);
    await second.close();
    expect(isAlive(server)).toBe(false);
    expect(await listRuns(await open())).toHaveLength(1);
  });

  test.runIf(process.getuid?.() === 0)("as root the server runs as its own unprivileged user and listens on no port", async () => {
    await open();
    const pid = await postmasterPid();
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    expect(status).toMatch(new RegExp(`^Uid:\\t${postgresUid}\\t${postgresUid}`, "m"));
    expect(status).toMatch(/^Groups:\s*$/m);
    const socket = await stat(join(home, "postgres/socket"));
    expect([socket.uid, socket.mode & 0o777]).toEqual([postgresUid, 0o700]);
    const listening = /^\s*\d+: [0-9A-F:]+ [0-9A-F:]+ 0A .*$/gm;
    const ofServer =
      (await readFile(`/proc/${pid}/net/tcp`, "utf8")).match(listening)?.filter((line) => line.includes(` ${postgresUid} `)) ?? [];
    expect(ofServer).toEqual([]);
  });

  test("eight processes that open at once share one server and end it together", async () => {
    const openers = Array.from({ length: 8 }, startOpener);
    await Promise.all(openers.map(({ opened }) => opened));
    const server = identifyProcess(await postmasterPid())!;
    const store = await open();
    expect((await listRuns(store)).map((run) => run.number).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await store.close();
    expect(await Promise.all(openers.map(({ child }) => end(child)))).toEqual(Array(8).fill(0));
    expect(isAlive(server)).toBe(false);
    expect(isServerUp()).toBe(false);
  });

  test("a process that opens while the last one closes gets a server all the same", async () => {
    for (let round = 0; round < 6; round++) {
      const leaving = await open();
      const [, arriving] = await Promise.all([leaving.close(), open()]);
      expect(await listRuns(arriving)).toEqual([]);
      await arriving.close();
    }
  });

  test("a home too deep for a socket path is served from a short folder that only the server's user may enter", async () => {
    const deep = join(home, "d".repeat(120));
    await mkdir(deep, { mode: 0o711 });
    await chmod(deep, 0o711);
    const store = await open(deep);
    const { host } = locateEmbeddedPostgres(deep).address;
    expect(host.length).toBeLessThan(50);
    expect((await stat(host)).mode & 0o777).toBe(0o700);
    expect(await listRuns(store)).toEqual([]);
    await store.close();
    expect(existsSync(host)).toBe(false);
  });

  test.runIf(process.getuid?.() === 0)("a home that the server's user cannot reach is refused with the folder to open", async () => {
    const closed = await mkdtemp(join(home, "closed-"));
    const opening = openStore({ home: join(closed, "home"), signal });
    await expect(opening).rejects.toMatchObject({
      code: "home-not-reachable",
      exit: "infrastructure",
      fix: expect.stringContaining(`chmod o+x ${closed}`),
    });
  });
});

describe("kill -9", () => {
  test("a server that is killed under its users comes back for their next query, with everything committed", async () => {
    const store = await open();
    await createRun(store, newRun("before"));
    const server = identifyProcess(await postmasterPid())!;
    process.kill(server.pid, "SIGKILL");
    await until(() => !isAlive(server));
    await createRun(store, newRun("after"));
    expect((await listRuns(store)).map((run) => run.project)).toEqual(["after", "before"]);
    await store.close();
    expect(isServerUp()).toBe(false);
  });

  test("a backend that is killed costs its statement at most; reads go on", async () => {
    const store = await open();
    await createRun(store, newRun("kept"));
    for (const pid of backendPids(await postmasterPid())) killIfThere(pid);
    expect(await listRuns(store)).toHaveLength(1);
  });

  test("users and server killed together leave nothing that keeps the next from opening", async () => {
    const { child, opened } = startOpener();
    await opened;
    const pid = await postmasterPid();
    await kill(child);
    process.kill(pid, "SIGKILL");
    expect(existsSync(join(home, "postgres/data/postmaster.pid"))).toBe(true);
    const store = await open();
    expect((await listRuns(store)).map((run) => run.project)).toEqual(["child"]);
  });

  test("a server left by killed users is used by the next and stopped by it", async () => {
    const { child, opened } = startOpener();
    await opened;
    const server = identifyProcess(await postmasterPid())!;
    await kill(child);
    const store = await open();
    expect(await postmasterPid()).toBe(server.pid);
    await store.close();
    expect(isAlive(server)).toBe(false);
  });

  test("who leaves in the instant another user is killed is the last, and stops the server", async () => {
    const { child, opened } = startOpener();
    const store = await open();
    await opened;
    const server = identifyProcess(await postmasterPid())!;
    child.kill("SIGKILL");
    await store.close();
    expect(isAlive(server)).toBe(false);
  });

  test("killed at any moment of the first opening, the next one completes it", { timeout: 120_000 }, async () => {
    const marks = ["postgres", "bin-", "data.", "data/PG_VERSION", "data/postmaster.pid", "socket/.s.PGSQL.5432"];
    for (const mark of marks) {
      const folder = await mkdtemp(join(home, "moment-"));
      await chmod(folder, 0o711);
      const child = spawn(process.execPath, ["--input-type=module", "-e", openScript(folder)], { stdio: "inherit" });
      children.push(child);
      await until(() => hasMark(folder, mark) || child.exitCode !== null);
      await kill(child);
      const store = await openStore({ home: folder, signal });
      expect(await listRuns(store)).toEqual([]);
      await store.close();
      expect(readdirSync(join(folder, "postgres")).filter((name) => name.startsWith("data"))).toEqual(["data"]);
    }
  });

  test("a pid file that names an unrelated living process does not keep the server from starting", async () => {
    await (await open()).close();
    await writeFile(join(home, "postgres/data/postmaster.pid"), `${process.pid}\n${join(home, "postgres/data")}\n`);
    expect(await listRuns(await open())).toEqual([]);
  });
});

function openScript(folder: string): string {
  return `
    import { openStore } from ${JSON.stringify(new URL("./store.ts", import.meta.url).href)};
    await openStore({ home: ${JSON.stringify(folder)}, signal: new AbortController().signal });
    setInterval(() => undefined, 1000);`;
}

/** The mark's last part is a prefix of a name. */
function hasMark(folder: string, mark: string): boolean {
  if (mark === "postgres") return existsSync(join(folder, mark));
  const path = join(folder, "postgres", mark);
  const parent = join(path, "..");
  return existsSync(parent) && readdirSync(parent).some((name) => join(parent, name).startsWith(path));
}

function backendPids(postmaster: number): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return process.getuid !== undefined && parentAndName(pid)[0] === postmaster && parentAndName(pid)[1].includes(" dojang ");
    } catch {
      return false;
    }
  });
}

function parentAndName(pid: number): readonly [number, string] {
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  return [parent, ` ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")} `];
}

/** The server ends all its backends as soon as it sees one of them killed, so the next may be gone already. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
