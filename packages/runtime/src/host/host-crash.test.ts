import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { EnvironmentSpec } from "@dojang/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { actorContext, actorProgram, environment, httpHealth, server, service } from "../contract-suite/actor-services.ts";
import { eventually, type Stage, setStage } from "../contract-suite/stage.ts";
import { findTree, identify } from "../supervision/process-tree.ts";
import { environmentMark, hostFolder } from "./host-folder.ts";
import { HostRuntime } from "./host-runtime.ts";

/** kill -9 of whoever is in charge, at awkward moments: the next to come finds and removes everything, and nothing else. */
let stage: Stage;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "dojang-crash-"));
  await chmod(home, 0o755);
  const runtime = new HostRuntime({ home });
  stage = setStage({ runtime, home, reopen: async () => runtime, cleanup: async () => {} }, await actorContext());
});
afterAll(async () => {
  for (const { id } of await stage.runtime.list()) await stage.runtime.stop(id);
  await rm(home, { recursive: true, force: true });
  await rm(stage.context, { recursive: true, force: true });
});

const processesOf = (id: string) => findTree({ roots: [], mark: environmentMark(hostFolder(home, id)).text });

test("after its supervisor was killed, an environment is broken, and stop removes every process of it", async () => {
  const id = stage.newId();
  await stage.up(environment(id, [server("api", stage.context), service("tree", actorProgram(stage.context, "tree", id))]));
  const { pid } = JSON.parse(await readFile(hostFolder(home, id).supervisor, "utf8"));
  await eventually(
    () => processesOf(id),
    (tree) => tree.length >= 3,
  );
  process.kill(pid, "SIGKILL");
  await eventually(
    () => stage.runtime.list(),
    (all) => all.some((one) => one.id === id && one.state === "broken"),
  );
  expect((await stage.runtime.inspect(id))?.state).toBe("failed");
  await stage.runtime.stop(id);
  expect(await processesOf(id)).toEqual([]);
  expect(await stage.runtime.list()).toEqual([]);
});

test("after the starting process was killed in the middle, the environment is found and removed", async () => {
  const id = stage.newId();
  const never = server("never", stage.context, {
    environment: { READY_AFTER_MS: "600000" },
    health: httpHealth("/ready", { retries: 1_000 }),
  });
  const starter = await startElsewhere(environment(id, [never], { startTimeoutMs: 600_000 }));
  await starter.said("service never");
  starter.child.kill("SIGKILL");
  const found = await stage.runtime.list();
  expect(found.map((one) => one.id)).toEqual([id]);
  await eventually(
    () => processesOf(id),
    (tree) => tree.length >= 2,
  );
  await stage.runtime.stop(id);
  expect(await processesOf(id)).toEqual([]);
  expect(await stage.runtime.list()).toEqual([]);
});

test("an environment outlives the process that started it", async () => {
  const id = stage.newId();
  const starter = await startElsewhere(environment(id, [server("api", stage.context)]));
  await starter.said("started");
  starter.child.kill("SIGKILL");
  await eventually(
    async () => starter.child.signalCode,
    (signal) => signal === "SIGKILL",
  );
  expect((await stage.runtime.inspect(id))?.services[0]?.state).toBe("healthy");
  await stage.runtime.stop(id);
});

test("a process that has the number of one of ours, but began at another time, is left alone", async () => {
  const id = stage.newId();
  await stage.up(environment(id, [service("idle", actorProgram(stage.context, "stay"))]));
  const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore", detached: true });
  const pid = bystander.pid ?? -1;
  const paths = hostFolder(home, id);
  await writeFile(paths.processes, `${await readFile(paths.processes, "utf8")}${JSON.stringify({ pid, startedAt: "1" })}\n`);
  await stage.runtime.stop(id);
  expect(await identify(pid)).toBeDefined();
  bystander.kill("SIGKILL");
});

test("after a restart of the machine, processes that have the numbers and times of ours are left alone", async () => {
  const id = stage.newId();
  await stage.up(environment(id, [service("idle", actorProgram(stage.context, "stay"))]));
  const paths = hostFolder(home, id);
  const own = (await processesOf(id)).map(({ pid }) => pid);
  const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore", detached: true });
  const identity = await identify(bystander.pid ?? -1);
  await writeFile(paths.processes, `${await readFile(paths.processes, "utf8")}${JSON.stringify(identity)}\n`);
  for (const pid of own) process.kill(pid, "SIGKILL");
  const mark = JSON.parse(await readFile(paths.mark, "utf8"));
  await writeFile(paths.mark, JSON.stringify({ ...mark, boot: "an-earlier-start" }));
  await writeFile(paths.supervisor, JSON.stringify(identity));
  expect((await stage.runtime.list()).find((one) => one.id === id)?.state).toBe("broken");
  await stage.runtime.stop(id);
  expect(await identify(bystander.pid ?? -1)).toBeDefined();
  bystander.kill("SIGKILL");
  expect(await stage.runtime.list()).toEqual([]);
});

test("an environment whose notes were cut off by a power failure is found and removed", async () => {
  const id = stage.newId();
  await stage.up(environment(id, [service("idle", actorProgram(stage.context, "stay"))]));
  const paths = hostFolder(home, id);
  for (const path of [paths.mark, paths.plan, paths.supervisor]) await writeFile(path, "");
  expect((await stage.runtime.list()).map((one) => [one.id, one.state])).toEqual([[id, "broken"]]);
  await stage.runtime.stop(id);
  expect(await processesOf(id)).toEqual([]);
  expect(await stage.runtime.list()).toEqual([]);
});

test("a folder that was claimed and not filled is found and removed", async () => {
  const { folder } = hostFolder(home, "contract-empty");
  await mkdir(folder, { recursive: true });
  expect(await stage.runtime.list()).toMatchObject([{ id: "contract-empty", state: "broken" }]);
  await stage.runtime.stop("contract-empty");
  expect(await stage.runtime.list()).toEqual([]);
});

interface Starter {
  readonly child: ChildProcess;
  said(line: string): Promise<void>;
}

/** Builds and starts in a process of its own, which says what it sees. */
async function startElsewhere(spec: EnvironmentSpec): Promise<Starter> {
  const source = `
    const { HostRuntime } = await import(${JSON.stringify(join(import.meta.dirname, "host-runtime.ts"))});
    const { buildAll } = await import(${JSON.stringify(join(import.meta.dirname, "../contract-suite/actor-services.ts"))});
    const runtime = new HostRuntime({ home: ${JSON.stringify(home)} });
    const spec = ${JSON.stringify(spec)};
    const { signal } = new AbortController();
    const onProgress = (event) => event.kind === "service" && event.state === "starting" && console.log("service " + event.service);
    await runtime.start(spec, { signal, onProgress, images: await buildAll(runtime, spec, signal) });
    console.log("started");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  return {
    child,
    said: async (line) => {
      await eventually(
        async () => [...lines],
        (seen) => seen.includes(line),
        30_000,
      );
    },
  };
}
