import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnvironmentSpec, HealthCheck, ServiceSpec } from "@dojang/model";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { actorContext, actorProgram, buildAll, environment, server, service } from "../contract-suite/actor-services.ts";
import { neverAborted, problemOf, type Stage, setStage } from "../contract-suite/stage.ts";
import type { LiveStartOptions } from "../live-runtime.ts";
import { HostRuntime } from "./host-runtime.ts";

/** Services that Compose starts again whenever they end, and that will never be there: nobody waits for the time of the start to be over. */
let stage: Stage;
let folder: string;
let runtime: HostRuntime;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-gives-up-"));
  await chmod(folder, 0o711);
  const home = join(folder, "home");
  await mkdir(home, { mode: 0o711 });
  runtime = new HostRuntime({ home });
  stage = setStage({ runtime, home, reopen: async () => runtime, cleanup: async () => {} }, await actorContext());
  await writeFile(join(stage.context, "slow.mjs"), slow);
  await writeFile(join(stage.context, "waits.mjs"), waits);
});
afterEach(async () => {
  for (const { id } of await runtime.list()) await runtime.stop(id);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(stage.context, { recursive: true, force: true });
});

/** Is asked three times at 8001 before it listens at 8000. */
const slow = `
import { createServer } from "node:net";
let asked = 0;
createServer((socket) => {
  socket.on("error", () => {}).end();
  if (++asked === 3) createServer((one) => one.on("error", () => {}).end()).listen(8000);
}).listen(8001);
`;

/** Ends as long as the other one is not there. */
const waits = `
import { connect, createServer } from "node:net";
const [host, port] = process.env.SLOW.split(":");
const reach = (to) => new Promise((resolve) => {
  const socket = connect(to, host, () => { socket.destroy(); resolve(true); }).on("error", () => resolve(false));
});
await reach(8001);
if (!(await reach(Number(port)))) { console.log("slow is not there yet"); process.exit(1); }
createServer(() => {}).listen(8000);
`;

/** Long enough for a test that waits for it to fail by its own limit. */
const startTimeoutMs = 600_000;
const never: HealthCheck = { probe: { kind: "tcp", port: 9 }, intervalMs: 10_000, timeoutMs: 1_000, retries: 3, startPeriodMs: 0 };
const listening: HealthCheck = { probe: { kind: "tcp", port: 8000 }, intervalMs: 100, timeoutMs: 1_000, retries: 600, startPeriodMs: 0 };

const ends = (code: number) =>
  service("api", actorProgram(stage.context, "exit", String(code)), { restart: { kind: "unless-stopped" }, health: never });

function running(name: string, file: string, more: Partial<ServiceSpec>): ServiceSpec {
  const program = actorProgram(stage.context);
  return service(name, { ...program, recipe: { ...program.recipe, command: ["node", file] } }, { health: listening, ...more });
}

const up = async (spec: EnvironmentSpec, more: Partial<LiveStartOptions>) =>
  runtime.start(spec, { signal: neverAborted(), images: await buildAll(runtime, spec, neverAborted()), ...more });

test.for([7, 0])("one that ends with %d at every start is given up, with its last words, when it ended so often", async (code) => {
  const spec = environment(stage.newId(), [ends(code), server("web", stage.context)], { startTimeoutMs });
  const problem = await problemOf(up(spec, { mostEndings: 3 }));
  expect(problem).toMatchObject({
    code: "service-exited",
    message: expect.stringContaining(`ended 3 times in a row before it was ready, the last time with ${code}`),
  });
  expect(problem.message).toContain(`api | ending with ${code}`);
  expect(await runtime.list()).toEqual([]);
});

test("one that is brought up later is given up in the same way, and the others go on", async () => {
  const id = stage.newId();
  await up(environment(id, [ends(7), server("web", stage.context)], { startTimeoutMs }), { held: ["api"], mostEndings: 3 });
  const problem = await problemOf(runtime.bringUp(id, "api", { signal: neverAborted() }));
  expect(problem).toMatchObject({ code: "service-exited", message: expect.stringContaining("api | ending with 7") });
  expect((await runtime.inspect(id))?.services.find(({ name }) => name === "web")?.state).toBe("healthy");
});

test("one that waits for another, which is not there yet, may end as often as it takes", async () => {
  const id = stage.newId();
  const services = [
    running("slow", "slow.mjs", { ports: [8000, 8001].map((container) => ({ container, protocol: "tcp" as const })) }),
    running("waits", "waits.mjs", {
      ports: [{ container: 8000, protocol: "tcp" }],
      restart: { kind: "always" },
      environment: { SLOW: "slow:8000" },
    }),
  ];
  const status = await up(environment(id, services, { startTimeoutMs: 60_000 }), { mostEndings: 2 });
  expect(status.services.map(({ name, state }) => [name, state])).toEqual([
    ["slow", "healthy"],
    ["waits", "healthy"],
  ]);
  expect(status.services.find(({ name }) => name === "waits")?.restarts).toBeGreaterThanOrEqual(2);
});
