import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ServiceSpec } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import { carryInto } from "./carry-into.ts";

/** A service's port, reachable on this machine's loopback. */
export interface PublishedPort {
  readonly service: string;
  readonly container: number;
  readonly host: number;
}

/**
 * An isolated environment has no port on the host. A keeper is a small process of its own that listens on loopback and carries
 * every connection inside; it ends by itself when the environment is gone. What it published stands in a file beside its log.
 */
export interface KeeperRequest {
  readonly home: string;
  readonly environmentId: string;
  readonly ports: readonly WantedPort[];
}

export interface WantedPort {
  readonly service: string;
  readonly container: number;
  /** The port Compose asked for; another is taken when it is not free. */
  readonly preferred: number | undefined;
}

const watchMs = 1000;
const startLimitMs = 15_000;

export function wantedPorts(services: readonly ServiceSpec[]): readonly WantedPort[] {
  return services.flatMap((service) =>
    service.ports
      .filter((port) => port.protocol === "tcp" && port.published !== undefined)
      .map((port) => ({ service: service.name, container: port.container, preferred: port.published })),
  );
}

/** Starts the keeper and waits until it has published. `command` is how this program is started again. */
export async function startKeeper(request: KeeperRequest & { readonly command: readonly string[] }): Promise<readonly PublishedPort[]> {
  const { home, environmentId, ports, command } = request;
  if (ports.length === 0) return [];
  await mkdir(keepersFolder(home), { recursive: true });
  const log = openSync(`${keeperFile(home, environmentId)}.log`, "a");
  const [program = process.execPath, ...rest] = command;
  const child = spawn(program, [...rest, JSON.stringify({ home, environmentId, ports })], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
  });
  closeSync(log);
  let died = false;
  child.on("exit", () => {
    died = true;
  });
  child.unref();
  for (const until = Date.now() + startLimitMs; Date.now() < until && !died; await delay(20)) {
    const published = await readPublished(home, environmentId);
    if (published.length > 0) return published;
  }
  return [];
}

export async function readPublished(home: string, environmentId: string): Promise<readonly PublishedPort[]> {
  const text = await readFile(keeperFile(home, environmentId), "utf8").catch(() => undefined);
  // Written whole by rename, by runKeeper alone.
  return text === undefined ? [] : (JSON.parse(text) as PublishedPort[]);
}

/** The keeper's own life: publish, carry, end with the environment. */
export async function runKeeper({ home, environmentId, ports }: KeeperRequest, runtime: Runtime): Promise<void> {
  const servers: Server[] = [];
  const published: PublishedPort[] = [];
  const ending = new AbortController();
  for (const port of ports) {
    const target = { host: port.service, port: port.container };
    const server = createServer((near) => carryInto(near, { runtime, environmentId, target, signal: ending.signal }));
    published.push({ service: port.service, container: port.container, host: await listenNear(server, port.preferred) });
    servers.push(server);
  }
  const file = keeperFile(home, environmentId);
  await writeFile(`${file}.part`, JSON.stringify(published));
  await rename(`${file}.part`, file);
  try {
    while ((await runtime.inspect(environmentId).catch(() => undefined)) !== undefined) await delay(watchMs);
  } finally {
    ending.abort();
    for (const server of servers) server.close();
    await Promise.all([rm(file, { force: true }), rm(`${file}.log`, { force: true })]);
  }
}

async function listenNear(server: Server, preferred: number | undefined): Promise<number> {
  for (const port of preferred === undefined || (await isTaken(preferred)) ? [0] : [preferred, 0]) {
    const bound = await new Promise<number | undefined>((resolve) => {
      server.once("error", () => resolve(undefined));
      server.listen(port, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : undefined);
      });
    });
    if (bound !== undefined) return bound;
  }
  throw new Error("no free port on 127.0.0.1");
}

/** Somebody may listen on all addresses, where binding the loopback one would still succeed and then split the traffic. */
function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ host: "127.0.0.1", port });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

function keepersFolder(home: string): string {
  return join(home, "keepers");
}

function keeperFile(home: string, environmentId: string): string {
  return join(keepersFolder(home), `${environmentId}.json`);
}
