import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import type { HealthCheck } from "@dojang/model";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { actorProgram, buildAll, environment, server, service } from "../contract-suite/actor-services.ts";
import { neverAborted, problemOf } from "../contract-suite/stage.ts";
import { FakeRuntime, FakeWorld } from "../fake/fake-runtime.ts";
import { guestOwnership } from "../sandbox/guest-user.ts";
import { HostRuntime } from "./host-runtime.ts";
import { type HostStage, openHostStage } from "./host-stage.ts";

/** What live sites stand on: volumes that are kept, services that are held back, neighbours, addresses of their own. */
let stage: HostStage;
beforeAll(async () => {
  stage = await openHostStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const answering = (id: string, answer: string) => environment(id, [server("api", stage.context, { environment: { ANSWER: answer } })]);
/** Without a health check a service is there as soon as its process is. */
const never: HealthCheck = { probe: { kind: "tcp", port: 9 }, intervalMs: 10_000, timeoutMs: 1_000, retries: 3, startPeriodMs: 0 };

/** It listens on TCP, so it has an address of this kind. */
const portOf = (listening: Server) => (listening.address() as AddressInfo).port;

test("a kept volume is there before its environment and after it, through a link, and belongs to the guest's user", async () => {
  const real = join(stage.folder, "data.1");
  const link = join(stage.folder, "data");
  await symlink("data.1", link);
  const keeping = (id: string) =>
    environment(
      id,
      [
        server("api", stage.context, {
          mounts: [
            { kind: "volume", volume: "data", target: "/data", readOnly: false },
            { kind: "volume", volume: "own", target: "/own", readOnly: false },
          ],
        }),
      ],
      { volumes: ["data", "own"], keptVolumes: { data: link } },
    );
  const first = stage.newId();
  await stage.up(keeping(first));
  await stage.act(first, "api", ["write", "/data/note", "kept"]);
  await stage.act(first, "api", ["write", "/own/note", "gone"]);
  await stage.runtime.stop(first);
  expect(await readFile(join(real, "note"), "utf8")).toBe("kept");
  expect((await stat(real)).uid).toBe(guestOwnership()?.uid ?? process.getuid?.());
  const second = stage.newId();
  await stage.up(keeping(second));
  expect((await stage.act(second, "api", ["read", "/data/note"])).stdout.trim()).toBe("kept");
  expect((await stage.act(second, "api", ["read", "/own/note"])).stdout.trim()).toBe("refused ENOENT");
});

test("a start that fails leaves a kept volume as it is", async () => {
  const data = join(stage.folder, "before");
  await mkdir(data);
  await writeFile(join(data, "note"), "from before");
  const spec = environment(
    stage.newId(),
    [
      service("api", actorProgram(stage.context, "exit", "3"), {
        health: never,
        mounts: [{ kind: "volume", volume: "data", target: "/data", readOnly: false }],
      }),
    ],
    { volumes: ["data"], keptVolumes: { data } },
  );
  expect((await problemOf(stage.up(spec))).code).toBe("service-exited");
  expect(await readFile(join(data, "note"), "utf8")).toBe("from before");
  expect(await stage.runtime.list()).toEqual([]);
});

test("a kept volume that no service can have, or that would go with an environment, is refused before anything is made", async () => {
  const spec = (keptVolumes: Record<string, string>) => environment(stage.newId(), [], { volumes: ["data"], keptVolumes });
  expect((await problemOf(stage.up(spec({ other: "/srv/other" })))).message).toContain("none of its volumes");
  expect((await problemOf(stage.up(spec({ data: "srv/data" })))).message).toContain("srv/data");
  const within = join(stage.home, "host/environments/other/volumes/data");
  expect((await problemOf(stage.up(spec({ data: within })))).message).toContain("would go with an environment");
  expect(await stage.runtime.list()).toEqual([]);
});

test("runtimes without live environments refuse kept volumes and neighbours", async () => {
  const fake = new FakeRuntime({ world: new FakeWorld(), home: stage.home });
  const spec = environment(stage.newId(), [], { volumes: ["data"], keptVolumes: { data: join(stage.folder, "refused") } });
  expect((await problemOf(fake.start(spec, { signal: neverAborted(), images: {} }))).code).toBe("live-unsupported");
  const near = environment(stage.newId(), [], { neighbours: [{ names: ["db"], host: "127.0.0.1", ports: {} }] });
  expect((await problemOf(fake.start(near, { signal: neverAborted(), images: {} }))).code).toBe("live-unsupported");
});

test("a held service does not run until it is brought up, and the others do", async () => {
  const id = stage.newId();
  const spec = environment(id, [server("api", stage.context), server("worker", stage.context, { restart: { kind: "always" } })]);
  const status = await stage.up(spec, { held: ["worker"] });
  expect(status.services.map(({ name, state }) => [name, state])).toEqual([
    ["api", "healthy"],
    ["worker", "created"],
  ]);
  const stateOf = async () => (await stage.runtime.inspect(id))?.services.find(({ name }) => name === "worker")?.state;
  await stage.runtime.bringUp(id, "worker", { signal: neverAborted() });
  expect(await stateOf()).toBe("healthy");
  await stage.runtime.takeDown(id, "worker", { signal: neverAborted() });
  expect(await stateOf()).toBe("stopped");
  await stage.runtime.takeDown(id, "worker", { signal: neverAborted() });
  await stage.runtime.bringUp(id, "worker", { signal: neverAborted() });
  expect(await stateOf()).toBe("healthy");
});

test("bringing up a service that ends, or never gets well, is a Problem that says so", async () => {
  const id = stage.newId();
  const ill = server("ill", stage.context, {
    environment: { READY_AFTER_MS: "600000" },
    health: {
      probe: { kind: "http", method: "GET", path: "/ready", port: 8000 },
      intervalMs: 50,
      timeoutMs: 1_000,
      retries: 3,
      startPeriodMs: 0,
    },
  });
  const spec = environment(id, [
    server("api", stage.context),
    service("ends", actorProgram(stage.context, "exit", "4"), { health: never }),
    ill,
  ]);
  await stage.up(spec, { held: ["ends", "ill"] });
  expect(await problemOf(stage.runtime.bringUp(id, "ends", { signal: neverAborted() }))).toMatchObject({ code: "service-exited" });
  expect(await problemOf(stage.runtime.bringUp(id, "ill", { signal: neverAborted() }))).toMatchObject({ code: "service-unhealthy" });
  expect(await problemOf(stage.runtime.bringUp(id, "nobody", { signal: neverAborted() }))).toMatchObject({ code: "unknown-service" });
});

test("what waits for a held service is refused, for it would wait for ever", async () => {
  const api = server("api", stage.context, { dependsOn: [{ service: "worker", condition: "started", required: true }] });
  const spec = environment(stage.newId(), [api, server("worker", stage.context)]);
  expect((await problemOf(stage.up(spec, { held: ["worker"] }))).message).toBe("service api waits for worker, which is held back");
  expect((await problemOf(stage.up(spec, { held: ["other"] }))).code).toBe("unknown-service");
});

test("a service reaches those of another environment by their names", async () => {
  const data = stage.newId();
  await stage.up(answering(data, "from the other environment"));
  const address = await stage.runtime.address(data, "api", 8000);
  expect(await stage.runtime.address(data, "api", 9)).toBeUndefined();
  const id = stage.newId();
  const asker = server("asker", stage.context, { environment: { OTHER_URL: "http://api:8000/" } });
  const neighbour = { names: ["api"], host: address?.host ?? "", ports: { 8000: address?.port ?? 0 } };
  await stage.up(environment(id, [asker], { neighbours: [neighbour] }));
  expect((await stage.act(id, "asker", ["ask", "OTHER_URL"])).stdout.trim()).toBe("200 from the other environment");
});

test("two state folders may have an environment of the same name, and a port that is taken everywhere moves", async () => {
  const id = stage.newId();
  await stage.up(answering(id, "here"));
  const first = await stage.runtime.address(id, "api", 8000);
  const elsewhere = join(stage.folder, "another-home");
  await mkdir(elsewhere, { mode: 0o711 });
  const other = new HostRuntime({ home: elsewhere });
  const spec = answering(id, "there");
  try {
    await other.start(spec, { signal: neverAborted(), images: await buildAll(other, spec, neverAborted()) });
    const second = await other.address(id, "api", 8000);
    expect(second?.host).not.toBe(first?.host);
    expect(await (await fetch(`http://${second?.host}:${second?.port}/`)).text()).toBe("there");
  } finally {
    await other.stop(id);
  }
  const taken = createServer();
  const port = await new Promise<number>((resolve) => taken.listen(0, "0.0.0.0", () => resolve(portOf(taken))));
  try {
    const moved = stage.newId();
    await stage.up(
      environment(moved, [
        server("api", stage.context, {
          environment: { PORT: String(port) },
          ports: [{ container: port, protocol: "tcp" }],
          health: {
            probe: { kind: "http", method: "GET", path: "/", port },
            intervalMs: 100,
            timeoutMs: 1_000,
            retries: 100,
            startPeriodMs: 0,
          },
        }),
      ]),
    );
    expect((await stage.runtime.address(moved, "api", port))?.port).not.toBe(port);
  } finally {
    taken.close();
  }
});
