import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { EnvironmentSpec } from "@dojang/model";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { actorProgram, environment, server, service } from "../contract-suite/actor-services.ts";
import { eventually, neverAborted, problemOf } from "../contract-suite/stage.ts";
import { hostFolder } from "./host-folder.ts";
import { HostRuntime } from "./host-runtime.ts";
import { type HostStage, openHostStage } from "./host-stage.ts";

/** Sockets of live sites: they outlive their caller, and are replaced without a gap. */
let stage: HostStage;
beforeAll(async () => {
  stage = await openHostStage();
  await writeFile(join(stage.context, "stream.mjs"), streamServer);
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

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

const answering = (id: string, answer: string) => environment(id, [server("api", stage.context, { environment: { ANSWER: answer } })]);
const streaming = (id: string) =>
  environment(id, [
    service("stream", actorProgram(stage.context, "stay"), {
      program: { ...actorProgram(stage.context), recipe: { ...actorProgram(stage.context).recipe, command: ["node", "stream.mjs"] } },
      ports: [{ container: 8000, protocol: "tcp" }],
      health: { probe: { kind: "tcp", port: 8000 }, intervalMs: 100, timeoutMs: 1_000, retries: 100, startPeriodMs: 0 },
    }),
  ]);
const socketAt = async (name: string) => {
  const sockets = await mkdtemp(join(stage.folder, "sockets-"));
  return join(sockets, `${name}.sock`);
};

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

test("ten thousand requests pass while the socket is handed from one release to the next and back, and none fails", async () => {
  const [one, two] = [stage.newId(), stage.newId()];
  await Promise.all([stage.up(answering(one, "one")), stage.up(answering(two, "two"))]);
  const socketPath = await socketAt("api");
  const publish = (id: string) => stage.runtime.publish(id, { service: "api", port: 8000, socketPath });
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
    await stage.runtime.publish(id, { service: "api", port: 8000, socketPath });
  }
  await clients;
  agent.destroy();
  expect([...answers.keys()].sort()).toEqual(["200 one", "200 two"]);
  expect([...answers.values()].reduce((sum, count) => sum + count)).toBe(10_000);
  await eventually(
    async () => (await Promise.all([stage.runtime.published(one), stage.runtime.published(two)])).flat(),
    (all) => all.every(({ open }) => open === 0) && all.reduce((sum, { total }) => sum + total, 0) > 1_000,
  );
}, 120_000);

test("a stream that one side has ended goes on in the other direction, and a slow reader loses nothing", async () => {
  const id = stage.newId();
  await stage.up(streaming(id));
  const socketPath = await socketAt("stream");
  await stage.runtime.publish(id, { service: "stream", port: 8000, socketPath });
  const sent = randomBytes(24 * 1024 * 1024);
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  const said = collect(socket);
  socket.end(sent);
  expect(await said).toBe(`welcome\n${createHash("sha256").update(sent).digest("hex")}`);
});

test("streams that are open are counted, and go on when their socket is published by another environment", async () => {
  const [one, two] = [stage.newId(), stage.newId()];
  await Promise.all([stage.up(streaming(one)), stage.up(streaming(two))]);
  const socketPath = await socketAt("stream");
  await stage.runtime.publish(one, { service: "stream", port: 8000, socketPath });
  const open = connect({ path: socketPath, allowHalfOpen: true });
  const said = collect(open);
  await eventually(
    () => stage.runtime.published(one),
    ([seen]) => seen?.open === 1 && seen.total === 1,
  );
  await stage.runtime.publish(two, { service: "stream", port: 8000, socketPath });
  open.end("still here");
  expect(await said).toContain(createHash("sha256").update("still here").digest("hex"));
  await eventually(
    () => stage.runtime.published(one),
    ([seen]) => seen?.open === 0,
  );
  // It is the other one's now: the first takes only what is its own with it.
  await stage.runtime.stop(one);
  expect((await stat(socketPath)).isSocket()).toBe(true);
  await stage.runtime.stop(two);
  expect(await readdir(join(socketPath, ".."))).toEqual([]);
});

test("open connections are cut when it is asked for, and who comes after is served", async () => {
  const id = stage.newId();
  await stage.up(streaming(id));
  const socketPath = await socketAt("stream");
  await stage.runtime.publish(id, { service: "stream", port: 8000, socketPath });
  const open = connect({ path: socketPath, allowHalfOpen: true });
  open.on("error", () => {});
  await new Promise((resolve) => open.once("data", resolve));
  const closed = new Promise((resolve) => open.once("close", resolve));
  expect(await stage.runtime.cutConnections(id)).toBe(1);
  open.resume();
  open.end();
  await closed;
  await eventually(
    () => stage.runtime.published(id),
    ([seen]) => seen?.open === 0,
  );
  const again = connect({ path: socketPath });
  expect(String(await new Promise((resolve) => again.once("data", resolve)))).toBe("welcome\n");
  again.destroy();
});

test("a connection whose service breaks off is closed, and one to a service that is down is refused at once", async () => {
  const id = stage.newId();
  await stage.up(streaming(id));
  const socketPath = await socketAt("stream");
  await stage.runtime.publish(id, { service: "stream", port: 8000, socketPath });
  const open = connect({ path: socketPath, allowHalfOpen: true });
  const closed = new Promise((resolve) => open.once("close", resolve));
  open.on("error", () => {});
  await new Promise((resolve) => open.once("data", resolve));
  await stage.runtime.takeDown(id, "stream", { signal: neverAborted() });
  open.resume();
  open.end();
  await closed;
  const late = connect({ path: socketPath });
  late.on("error", () => {});
  await new Promise((resolve) => late.once("close", resolve));
  await stage.runtime.bringUp(id, "stream", { signal: neverAborted() });
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
  await new HostRuntime({ home: stage.home }).publish(id, { service: "api", port: 8000, socketPath });
  expect(await stage.runtime.published(id)).toMatchObject([{ service: "api", port: 8000, socketPath, total: 1 }]);
});

test("after its supervisor was killed, stop and start bring an environment back with its data and its socket", async () => {
  const id = stage.newId();
  const socketPath = await socketAt("api");
  const data = join(stage.folder, "survives");
  const mounts = [{ kind: "volume", volume: "data", target: "/data", readOnly: false }] as const;
  const spec = environment(id, [server("api", stage.context, { mounts })], { volumes: ["data"], keptVolumes: { data } });
  await stage.up(spec);
  await stage.act(id, "api", ["write", "/data/note", "kept"]);
  await stage.runtime.publish(id, { service: "api", port: 8000, socketPath });
  const before = await stage.runtime.address(id, "api", 8000);
  await killSupervisor(id);
  await expect(ask(socketPath)).rejects.toThrow();
  await stage.runtime.stop(id);
  expect(await readdir(join(socketPath, ".."))).toEqual([]);
  await stage.up(spec);
  await stage.runtime.publish(id, { service: "api", port: 8000, socketPath });
  expect(await ask(socketPath)).toBe("200 hello");
  expect((await stage.act(id, "api", ["read", "/data/note"])).stdout.trim()).toBe("kept");
  expect(await stage.runtime.address(id, "api", 8000)).toEqual(before);
});

test("a socket for a port or a service that is not there is refused", async () => {
  const id = stage.newId();
  await stage.up(answering(id, "hello"));
  const socketPath = await socketAt("api");
  expect((await problemOf(stage.runtime.publish(id, { service: "api", port: 9, socketPath }))).fix).toBe("use one of 8000");
  expect((await problemOf(stage.runtime.publish(id, { service: "web", port: 80, socketPath }))).code).toBe("unknown-service");
  expect((await problemOf(stage.runtime.publish(id, { service: "api", port: 8000, socketPath: "api.sock" }))).code).toBe(
    "environment-invalid",
  );
  await expect(
    stage.runtime.publish(id, { service: "api", port: 8000, socketPath: join(stage.folder, "nowhere", "api.sock") }),
  ).rejects.toThrow();
});

async function killSupervisor(id: string): Promise<void> {
  const { pid } = JSON.parse(await readFile(hostFolder(stage.home, id).supervisor, "utf8"));
  process.kill(pid, "SIGKILL");
  await eventually(
    () => stage.runtime.list(),
    (all) => all.some((one) => one.id === id && one.state === "broken"),
  );
}

/** Starts and publishes in a process of its own, which then only waits. */
async function publishElsewhere(spec: EnvironmentSpec, socketPath: string): Promise<ChildProcess> {
  const source = `
    const { HostRuntime } = await import(${JSON.stringify(join(import.meta.dirname, "host-runtime.ts"))});
    const { buildAll } = await import(${JSON.stringify(join(import.meta.dirname, "../contract-suite/actor-services.ts"))});
    const runtime = new HostRuntime({ home: ${JSON.stringify(stage.home)} });
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
