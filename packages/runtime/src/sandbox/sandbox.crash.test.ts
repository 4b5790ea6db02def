import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../contract-suite/stage.ts";
import { findTree } from "../supervision/process-tree.ts";
import { findHierarchies, groupName } from "./host-groups.ts";
import { podPaths, podsFolder } from "./pod-folder.ts";
import { findPodProcesses } from "./pod-processes.ts";
import { type SandboxStage, setSandboxStage, strangersEnvironment } from "./sandbox-stage.ts";

const signal = () => AbortSignal.timeout(30_000);

describe("after a crash", () => {
  let stage: SandboxStage;
  beforeAll(async () => {
    stage = await setSandboxStage();
    // Whatever is made once for all is made now: the moments below are those of an ordinary start.
    await stage.runtime.start(strangersEnvironment("warm", stage), { signal: signal(), images: {} });
    await stage.runtime.stop("warm");
  });
  afterAll(() => stage.close());

  test("a starter killed at any moment leaves only what list finds and stop removes", async () => {
    const moments = Array.from({ length: 14 }, (_, index) => index * 25);
    for (const [index, moment] of moments.entries()) {
      const id = `killed-${index}`;
      const starter = await startElsewhere(stage, id);
      await wait(moment);
      starter.kill("SIGKILL");
      await ended(starter);
      const listed = (await stage.runtime.list()).map((one) => one.id);
      await expectFoundOrNothing(stage, id, listed.includes(id));
      await stage.runtime.stop(id);
      await expectNothing(stage, id);
    }
    expect((await readdir(podsFolder(stage.home))).filter((name) => name !== "")).toEqual([]);
  });

  test("an environment outlives its starter", async () => {
    const starter = await startElsewhere(stage, "outlives");
    await said(starter, "started");
    starter.kill("SIGKILL");
    await ended(starter);
    expect((await stage.sh("outlives", "echo here")).stdout).toBe("here\n");
    await stage.runtime.stop("outlives");
    await expectNothing(stage, "outlives");
  });

  test("whichever process of a pod is killed, the whole pod dies, is listed as broken, and can be removed", async () => {
    for (const which of ["sh", "bwrap", "node"]) {
      const id = `dies-${which}`;
      await stage.runtime.start(strangersEnvironment(id, stage), { signal: signal(), images: {} });
      const roots = await findPodProcesses(podPaths(stage.home, id).guest);
      const tree = await findTree({ roots });
      const names = await Promise.all(
        tree.map(async (one) => ({ ...one, name: (await readFile(`/proc/${one.pid}/comm`, "utf8")).trim() })),
      );
      const victim = names.find((one) => one.name === which || (which === "node" && one.name === "MainThread"));
      expect(victim, JSON.stringify(names)).toBeDefined();
      process.kill(victim?.pid ?? 0, "SIGKILL");
      await eventually(
        () => findPodProcesses(podPaths(stage.home, id).guest),
        (left) => left.length === 0,
      );
      expect((await stage.runtime.inspect(id))?.state).toBe("failed");
      expect((await stage.runtime.list()).find((one) => one.id === id)?.state).toBe("broken");
      await stage.runtime.stop(id);
      await expectNothing(stage, id);
    }
  });
});

async function startElsewhere(stage: SandboxStage, id: string): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "starter.fixture.ts");
  const child = spawn(process.execPath, [script, stage.home, stage.workspace, id], { stdio: ["ignore", "pipe", "inherit"] });
  await said(child, "starting");
  return child;
}

function said(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes(word)) resolve();
    });
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.once("exit", () => resolve())));
}

async function expectFoundOrNothing(stage: SandboxStage, id: string, listed: boolean): Promise<void> {
  if (listed) return;
  expect(await findPodProcesses(podPaths(stage.home, id).guest)).toEqual([]);
}

async function expectNothing(stage: SandboxStage, id: string): Promise<void> {
  expect((await stage.runtime.list()).map((one) => one.id)).not.toContain(id);
  expect(await findPodProcesses(podPaths(stage.home, id).guest)).toEqual([]);
  for (const { folder } of await findHierarchies())
    expect(await readdir(folder).catch(() => [])).not.toContain(groupName(podPaths(stage.home, id).folder));
  expect(await readFile("/proc/mounts", "utf8")).not.toContain(podPaths(stage.home, id).folder);
}
