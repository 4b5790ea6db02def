import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { removeDeadBridges } from "./service-bridge.ts";

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-bridges-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** Opens one in a process of its own, which then only waits; resolves with the bridge's folder. */
async function openElsewhere(): Promise<{ readonly child: ChildProcess; readonly name: string }> {
  const source = `
    const { openServiceBridge } = await import(${JSON.stringify(join(import.meta.dirname, "service-bridge.ts"))});
    const { directory } = await openServiceBridge({ socketName: "s", signal: new AbortController().signal });
    console.log(directory);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return { child, name: basename(String(line)) };
}

test("what a killed process left of its bridge is removed; one of a process that lives stays, and what nobody can tell of", async () => {
  const [killed, living] = [await openElsewhere(), await openElsewhere()];
  await mkdir(join(folder, "dojang-bridge-unknown"));
  const ended = once(killed.child, "exit");
  killed.child.kill("SIGKILL");
  await ended;
  expect(await removeDeadBridges()).toEqual([join(folder, killed.name)]);
  expect((await readdir(folder)).filter((name) => name.startsWith("dojang-bridge-")).sort()).toEqual(
    [living.name, "dojang-bridge-unknown"].sort(),
  );
  expect(await readdir(join(folder, living.name))).toEqual(expect.arrayContaining(["owner.json", "s"]));
});
