import { chmod, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { actorContext, actorProgram, buildAll, environment, servedPort, service } from "../contract-suite/actor-services.ts";
import { eventually, neverAborted } from "../contract-suite/stage.ts";
import { hostFolder } from "./host-folder.ts";
import { HostRuntime } from "./host-runtime.ts";

/** State folders beside each other, whose environments have the same names: nothing tells them apart but what each has taken. */
let folder: string;
let context: string;
const runtimes: HostRuntime[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-claims-"));
  await chmod(folder, 0o711);
  context = await actorContext();
});
afterEach(async () => {
  for (const runtime of runtimes.splice(0)) for (const { id } of await runtime.list()) await runtime.stop(id);
  for (const path of [folder, context]) await rm(path, { recursive: true, force: true });
});

const homeOf = (name: string) => join(folder, name);

async function runtimeOf(name: string): Promise<HostRuntime> {
  await mkdir(homeOf(name), { mode: 0o711, recursive: true });
  const runtime = new HostRuntime({ home: homeOf(name) });
  runtimes.push(runtime);
  return runtime;
}

/** Its services listen late, or never: whoever looks whether something listens finds nothing. */
async function start(runtime: HostRuntime, id: string): Promise<string | undefined> {
  const spec = environment(id, [service("api", actorProgram(context, "stay"), { ports: [servedPort] })]);
  await runtime.start(spec, { signal: neverAborted(), images: await buildAll(runtime, spec, neverAborted()) });
  return (await runtime.address(id, "api", servedPort.container))?.host;
}

test("environments that start at once never get the same address", async () => {
  const id = `claims-${Date.now().toString(36)}`;
  const names = ["one", "two", "three"];
  const started = await Promise.all((await Promise.all(names.map(runtimeOf))).map((runtime) => start(runtime, id)));
  expect(started).not.toContain(undefined);
  expect(new Set(started).size).toBe(3);
});

test("an address is taken for as long as its environment is watched, and free again after a kill as after a stop", async () => {
  const id = `claims-${Date.now().toString(36)}`;
  const [one, two] = [await runtimeOf("one"), await runtimeOf("two")];
  const first = await start(one, id);
  expect(await start(two, id)).not.toBe(first);
  await two.stop(id);
  const { pid } = JSON.parse(await readFile(hostFolder(homeOf("one"), id).supervisor, "utf8"));
  process.kill(pid, "SIGKILL");
  await eventually(
    () => one.list(),
    (all) => all.some(({ state }) => state === "broken"),
  );
  expect(await start(two, id)).toBe(first);
  await two.stop(id);
  await one.stop(id);
  expect(await start(one, id)).toBe(first);
});
