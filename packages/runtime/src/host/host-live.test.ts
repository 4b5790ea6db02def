import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { EnvironmentSpec, HealthCheck } from "@dojang/model";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { actorContext, actorProgram, buildAll, environment, server, service } from "../contract-suite/actor-services.ts";
import { eventually, neverAborted, problemOf, type Stage, setStage } from "../contract-suite/stage.ts";
import { FakeRuntime, FakeWorld } from "../fake/fake-runtime.ts";
import type { LiveStartOptions } from "../live-runtime.ts";
import { guestOwnership } from "../sandbox/guest-user.ts";
import { hostFolder } from "./host-folder.ts";
import { HostRuntime } from "./host-runtime.ts";

/** What live sites stand on: kept volumes, held services, sockets that outlive their caller and are replaced without a gap. */
let stage: Stage;
let home: string;
let folder: string;
let runtime: HostRuntime;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-live-"));
  await chmod(folder, 0o711);
  home = join(folder, "home");
  await mkdir(home, { mode: 0o711 });
  runtime = new HostRuntime({ home });
  stage = setStage({ runtime, home, reopen: async () => runtime, cleanup: async () => {} }, await actorContext());
  await writeFile(join(stage.context, "stream.mjs"), streamServer);
});
afterEach(async () => {
  for (const { id } of await runtime.list()) await runtime.stop(id);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(stage.context, { recursive: true, force: true });
});

/** Speaks first like a WebSocket's server, takes everything in, and answers with its digest once the other side has no more to say. */
const streamServer = `
import { createHash } from "node:crypto";
import { createServer } from "node:net";
createServer({ allowHalfOpen: true }, (socket) => {
  const hash = createHash("sha256");
  socket.write("welcome\\n");
  socket.on("data", (data) => hash.update(data));
  socket.on("end", () => socket.end(hash.digest("hex")));
  socket.on("error", () => {});
}).listen(8000);
`;

const up = async (spec: EnvironmentSpec, more: Partial<LiveStartOptions> = {}) =>
  runtime.start(spec, { signal: neverAborted(), images: await buildAll(runtime, spec, neverAborted()), ...more });
const answering = (id: string, answer: string) => environment(id, [server("api", stage.context, { environment: { ANSWER: answer } })]);
const streaming = (id: string) =>
  environment(id, [
    service("stream", actorProgram(stage.context, "stay"), {
      program: { ...actorProgram(stage.context), recipe: { ...actorProgram(stage.context).recipe, command: ["node", "stream.mjs"] } },
      ports: [{ container: 8000, protocol: "tcp" }],
      health: { probe: { kind: "tcp", port: 8000 }, intervalMs: 100, timeoutMs: 1_000, retries: 100, startPeriodMs: 0 },
    }),
  ]);
/** Without a health check a service is there as soon as its process is. */
const never: HealthCheck = { probe: { kind: "tcp", port: 9 }, intervalMs: 10_000, timeoutMs: 1_000, retries: 3, startPeriodMs: 0 };
const socketAt = async (name: string) => {
  const sockets = await mkdtemp(join(folder, "sockets-"));
  return join(sockets, `${name}.sock`);
};

/** It listens on TCP, so it has an address of this kind. */
const portOf = (listening: Server) => (listening.address() as AddressInfo).port;

function ask(socketPath: string, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ socketPath, path: "/", agent: agent ?? false }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(`${response.statusCode} ${text}`));
    });
    asked.on("error", reject);
  });
}

function collect(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.once("end", () => resolve(text));
    socket.once("error", reject);
  });
}

test("a kept volume is there before its environment and after it, through a link, and belongs to the guest's user", async () => {
  const real = join(folder, "data.1");
  const link = join(folder, "data");
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
  await up(keeping(first));
  await stage.act(first, "api", ["write", "/data/note", "kept"]);
  await stage.act(first, "api", ["write", "/own/note", "gone"]);
  await runtime.stop(first);
  expect(await readFile(join(real, "note"), "utf8")).toBe("kept");
  expect((await stat(real)).uid).toBe(guestOwnership()?.uid ?? process.getuid?.());
  const second = stage.newId();
  await up(keeping(second));
  expect((await stage.act(second, "api", ["read", "/data/note"])).stdout.trim()).toBe("kept");
  expect((await stage.act(second, "api", ["read", "/own/note"])).stdout.trim()).toBe("refused ENOENT");
});

test("a start that fails leaves a kept volume as it is", async () => {
  const data = join(folder, "before");
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
  expect((await problemOf(up(spec))).code).toBe("service-exited");
  expect(await readFile(join(data, "note"), "utf8")).toBe("from before");
  expect(await runtime.list()).toEqual([]);
});

test("a kept volume that no service can have, or that would go with an environment, is refused before anything is made", async () => {
  const spec = (keptVolumes: Record<string, string>) => environment(stage.newId(), [], { volumes: ["data"], keptVolumes });
  expect((await problemOf(up(spec({ other: "/srv/other" })))).message).toContain("none of its volumes");
  expect((await problemOf(up(spec({ data: "srv/data" })))).message).toContain("srv/data");
  const within = join(home, "host/environments/other/volumes/data");
  expect((await problemOf(up(spec({ data: within })))).message).toContain("would go with an environment");
  expect(await runtime.list()).toEqual([]);
});

test("runtimes without live environments refuse kept volumes and neighbours", async () => {
  const fake = new FakeRuntime({ world: new FakeWorld(), home });
  const spec = environment(stage.newId(), [], { volumes: ["data"], keptVolumes: { data: join(folder, "refused") } });
  expect((await problemOf(fake.start(spec, { signal: neverAborted(), images: {} }))).code).toBe("live-unsupported");
  const near = environment(stage.newId(), [], { neighbours: [{ names: ["db"], host: "127.0.0.1", ports: {} }] });
  expect((await problemOf(fake.start(near, { signal: neverAborted(), images: {} }))).code).toBe("live-unsupported");
});

test("a held service does not run until it is brought up, and the others do", async () => {
  const id = stage.newId();
  const spec = environment(id, [server("api", stage.context), server("worker", stage.context, { restart: { kind: "always" } })]);
  const status = await up(spec, { held: ["worker"] });
  expect(status.services.map(({ name, state }) => [name, state])).toEqual([
    ["api", "healthy"],
    ["worker", "created"],
  ]);
  const stateOf = async () => (await runtime.inspect(id))?.services.find(({ name }) => name === "worker")?.state;
  await runtime.bringUp(id, "worker", { signal: neverAborted() });
  expect(await stateOf()).toBe("healthy");
  await runtime.takeDown(id, "worker", { signal: neverAborted() });
  expect(await stateOf()).toBe("stopped");
  await runtime.takeDown(id, "worker", { signal: neverAborted() });
  await runtime.bringUp(id, "worker", { signal: neverAborted() });
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
  await up(spec, { held: ["ends", "ill"] });
  expect(await problemOf(runtime.bringUp(id, "ends", { signal: neverAborted() }))).toMatchObject({ code: "service-exited" });
  expect(await problemOf(runtime.bringUp(id, "ill", { signal: neverAborted() }))).toMatchObject({ code: "service-unhealthy" });
  expect(await problemOf(runtime.bringUp(id, "nobody", { signal: neverAborted() }))).toMatchObject({ code: "unknown-service" });
});

test("what waits for a held service is refused, for it would wait for ever", async () => {
  const api = server("api", stage.context, { dependsOn: [{ service: "worker", condition: "started", required: true }] });
  const spec = environment(stage.newId(), [api, server("worker", stage.context)]);
  expect((await problemOf(up(spec, { held: ["worker"] }))).message).toBe("service api waits for worker, which is held back");
  expect((await problemOf(up(spec, { held: ["other"] }))).code).toBe("unknown-service");
});

test("a service reaches those of another environment by their names", async () => {
  const data = stage.newId();
  await up(answering(data, "from the other environment"));
  const address = await runtime.address(data, "api", 8000);
  expect(await runtime.address(data, "api", 9)).toBeUndefined();
  const id = stage.newId();
  const asker = server("asker", stage.context, { environment: { OTHER_URL: "http://api:8000/" } });
  const neighbour = { names: ["api"], host: address?.host ?? "", ports: { 8000: address?.port ?? 0 } };
  await up(environment(id, [asker], { neighbours: [neighbour] }));
  expect((await stage.act(id, "asker", ["ask", "OTHER_URL"])).stdout.trim()).toBe("200 from the other environment");
});

test("ten thousand requests pass while the socket is handed from one release to the next and back, and none fails", async () => {
  const [one, two] = [stage.newId(), stage.newId()];
  await Promise.all([up(answering(one, "one")), up(answering(two, "two"))]);
  const socketPath = await socketAt("api");
  const publish = (id: string) => runtime.publish(id, { service: "api", port: 8000, socketPath });
  await publish(one);
  expect((await stat(socketPath)).mode & 0o777).toBe(0o666);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const answers = new Map<string, number>();
  let asked = 0;
  const client = async (fresh: boolean) => {
    while (asked++ < 10_000) {
      const answer = await ask(socketPath, fresh ? undefined : agent);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  const clients = Promise.all(Array.from({ length: 16 }, (_, index) => client(index % 4 === 0)));
  for (const id of [two, one, two, one, two]) {
    const before = asked;
    await eventually(
      async () => asked,
      (now) => now > before + 500 || now > 10_000,
      60_000,
    );
    // A path is taken over by whoever publishes it last: the one who had it listens on no path any more, and would renew only its own.
    await runtime.publish(id, { service: "api", port: 8000, socketPath });
  }
  await clients;
  agent.destroy();
  expect([...answers.keys()].sort()).toEqual(["200 one", "200 two"]);
  expect([...answers.values()].reduce((sum, count) => sum + count)).toBe(10_000);
  await eventually(
    async () => (await Promise.all([runtime.published(one), runtime.published(two)])).flat(),
    (all) => all.every(({ open }) => open === 0) && all.reduce((sum, { total }) => sum + total, 0) > 1_000,
  );
}, 120_000);

test("a stream that one side has ended goes on in the other direction, and a slow reader loses nothing", async () => {
  const id = stage.newId();
  await up(streaming(id));
  const socketPath = await socketAt("stream");
  await runtime.publish(id, { service: "stream", port: 8000, socketPath });
  const sent = randomBytes(24 * 1024 * 1024);
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  const said = collect(socket);
  socket.end(sent);
  expect(await said).toBe(`welcome\n${createHash("sha256").update(sent).digest("hex")}`);
});

test("streams that are open are counted, and go on when their socket is published by another environment", async () => {
  const [one, two] = [stage.newId(), stage.newId()];
  await Promise.all([up(streaming(one)), up(streaming(two))]);
  const socketPath = await socketAt("stream");
  await runtime.publish(one, { service: "stream", port: 8000, socketPath });
  const open = connect({ path: socketPath, allowHalfOpen: true });
  const said = collect(open);
  await eventually(
    () => runtime.published(one),
    ([seen]) => seen?.open === 1 && seen.total === 1,
  );
  await runtime.publish(two, { service: "stream", port: 8000, socketPath });
  open.end("still here");
  expect(await said).toContain(createHash("sha256").update("still here").digest("hex"));
  await eventually(
    () => runtime.published(one),
    ([seen]) => seen?.open === 0,
  );
  // It is the other one's now: the first takes only what is its own with it.
  await runtime.stop(one);
  expect((await stat(socketPath)).isSocket()).toBe(true);
  await runtime.stop(two);
  expect(await readdir(join(socketPath, ".."))).toEqual([]);
});

test("open connections are cut when it is asked for, and who comes after is served", async () => {
  const id = stage.newId();
  await up(streaming(id));
  const socketPath = await socketAt("stream");
  await runtime.publish(id, { service: "stream", port: 8000, socketPath });
  const open = connect({ path: socketPath, allowHalfOpen: true });
  open.on("error", () => {});
  await new Promise((resolve) => open.once("data", resolve));
  const closed = new Promise((resolve) => open.once("close", resolve));
  expect(await runtime.cutConnections(id)).toBe(1);
  open.resume();
  open.end();
  await closed;
  await eventually(
    () => runtime.published(id),
    ([seen]) => seen?.open === 0,
  );
  const again = connect({ path: socketPath });
  expect(String(await new Promise((resolve) => again.once("data", resolve)))).toBe("welcome\n");
  again.destroy();
});

test("a connection whose service breaks off is closed, and one to a service that is down is refused at once", async () => {
  const id = stage.newId();
  await up(streaming(id));
  const socketPath = await socketAt("stream");
  await runtime.publish(id, { service: "stream", port: 8000, socketPath });
  const open = connect({ path: socketPath, allowHalfOpen: true });
  const closed = new Promise((resolve) => open.once("close", resolve));
  open.on("error", () => {});
  await new Promise((resolve) => open.once("data", resolve));
  await runtime.takeDown(id, "stream", { signal: neverAborted() });
  open.resume();
  open.end();
  await closed;
  const late = connect({ path: socketPath });
  late.on("error", () => {});
  await new Promise((resolve) => late.once("close", resolve));
  await runtime.bringUp(id, "stream", { signal: neverAborted() });
  const again = connect({ path: socketPath });
  expect(String(await new Promise((resolve) => again.once("data", resolve)))).toBe("welcome\n");
  again.destroy();
});

test("a published socket answers after the process that published it was killed", async () => {
  const id = stage.newId();
  const socketPath = await socketAt("api");
  const publisher = await publishElsewhere(answering(id, "from the detached one"), socketPath);
  publisher.kill("SIGKILL");
  await eventually(
    async () => publisher.signalCode,
    (signal) => signal === "SIGKILL",
  );
  expect(await ask(socketPath)).toBe("200 from the detached one");
  // Another process of the state folder goes on with it.
  await new HostRuntime({ home }).publish(id, { service: "api", port: 8000, socketPath });
  expect(await runtime.published(id)).toMatchObject([{ service: "api", port: 8000, socketPath, total: 1 }]);
});

test("after its supervisor was killed, stop and start bring an environment back with its data and its socket", async () => {
  const id = stage.newId();
  const socketPath = await socketAt("api");
  const data = join(folder, "survives");
  const mounts = [{ kind: "volume", volume: "data", target: "/data", readOnly: false }] as const;
  const spec = environment(id, [server("api", stage.context, { mounts })], { volumes: ["data"], keptVolumes: { data } });
  await up(spec);
  await stage.act(id, "api", ["write", "/data/note", "kept"]);
  await runtime.publish(id, { service: "api", port: 8000, socketPath });
  const before = await runtime.address(id, "api", 8000);
  await killSupervisor(id);
  await expect(ask(socketPath)).rejects.toThrow();
  await runtime.stop(id);
  expect(await readdir(join(socketPath, ".."))).toEqual([]);
  await up(spec);
  await runtime.publish(id, { service: "api", port: 8000, socketPath });
  expect(await ask(socketPath)).toBe("200 hello");
  expect((await stage.act(id, "api", ["read", "/data/note"])).stdout.trim()).toBe("kept");
  expect(await runtime.address(id, "api", 8000)).toEqual(before);
});

test("a socket for a port or a service that is not there is refused", async () => {
  const id = stage.newId();
  await up(answering(id, "hello"));
  const socketPath = await socketAt("api");
  expect((await problemOf(runtime.publish(id, { service: "api", port: 9, socketPath }))).fix).toBe("use one of 8000");
  expect((await problemOf(runtime.publish(id, { service: "web", port: 80, socketPath }))).code).toBe("unknown-service");
  expect((await problemOf(runtime.publish(id, { service: "api", port: 8000, socketPath: "api.sock" }))).code).toBe("environment-invalid");
  await expect(runtime.publish(id, { service: "api", port: 8000, socketPath: join(folder, "nowhere", "api.sock") })).rejects.toThrow();
});

test("two state folders may have an environment of the same name, and a port that is taken everywhere moves", async () => {
  const id = stage.newId();
  await up(answering(id, "here"));
  const first = await runtime.address(id, "api", 8000);
  const elsewhere = join(folder, "another-home");
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
    await up(
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
    expect((await runtime.address(moved, "api", port))?.port).not.toBe(port);
  } finally {
    taken.close();
  }
});

async function killSupervisor(id: string): Promise<void> {
  const { pid } = JSON.parse(await readFile(hostFolder(home, id).supervisor, "utf8"));
  process.kill(pid, "SIGKILL");
  await eventually(
    () => runtime.list(),
    (all) => all.some((one) => one.id === id && one.state === "broken"),
  );
}

/** Starts and publishes in a process of its own, which then only waits. */
async function publishElsewhere(spec: EnvironmentSpec, socketPath: string): Promise<ChildProcess> {
  const source = `
    const { HostRuntime } = await import(${JSON.stringify(join(import.meta.dirname, "host-runtime.ts"))});
    const { buildAll } = await import(${JSON.stringify(join(import.meta.dirname, "../contract-suite/actor-services.ts"))});
    const runtime = new HostRuntime({ home: ${JSON.stringify(home)} });
    const spec = ${JSON.stringify(spec)};
    const { signal } = new AbortController();
    await runtime.start(spec, { signal, images: await buildAll(runtime, spec, signal) });
    await runtime.publish(spec.id, { service: "api", port: 8000, socketPath: ${JSON.stringify(socketPath)} });
    console.log("published");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "inherit"] });
  let published = false;
  createInterface({ input: child.stdout }).on("line", (line) => {
    published ||= line === "published";
  });
  await eventually(
    async () => published,
    (done) => done,
    30_000,
  );
  return child;
}
