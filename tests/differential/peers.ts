import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ask } from "./wire-request.ts";

/** A mock server in a process of its own, with a folder of its own. */
export interface Peer {
  readonly name: "WireMock" | "Dojang";
  readonly port: number;
  readonly directory: string;
  /** What it printed, for messages about a failed start. */
  printed(): string;
  readonly exited: () => boolean;
  stop(): Promise<void>;
}

const repository = join(import.meta.dirname, "..", "..");
export const mockProgram = join(repository, "packages", "mock", "bin", "dojang-mock.js");

export function wireMockJar(): string {
  const folder = dirname(createRequire(import.meta.url).resolve("wiremock/package.json"));
  return join(folder, "build", "wiremock-standalone-3.13.2.jar");
}

/** WireMock 3.13.2 itself. Fails with what to install where there is no Java. */
export function startWireMock(args: readonly string[] = []): Promise<Peer> {
  const java = spawnSync("java", ["-version"]);
  if (java.status !== 0) throw new Error("java is missing: run `node scripts/setup.mjs`, or install a Java of version 11 or newer");
  const jvm = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.timezone=UTC", "-Duser.language=en", "-Duser.country=US"];
  return start("WireMock", ["java", ...jvm, "-jar", wireMockJar()], args);
}

export function startDojangMock(args: readonly string[] = []): Promise<Peer> {
  return start("Dojang", [process.execPath, mockProgram], args);
}

async function start(name: Peer["name"], command: readonly string[], args: readonly string[]): Promise<Peer> {
  const directory = await mkdtemp(join(tmpdir(), `differential-${name.toLowerCase()}-`));
  const port = await freePort();
  const [program = "", ...before] = command;
  const child = spawn(program, [...before, "--port", String(port), "--root-dir", directory, "--disable-banner", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TZ: "UTC" },
  });
  let printed = "";
  const keep = (piece: Buffer) => {
    printed = (printed + piece.toString()).slice(-20_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const peer: Peer = {
    name,
    port,
    directory,
    printed: () => printed,
    exited: () => child.exitCode !== null || child.signalCode !== null,
    stop: async () => {
      await end(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    await answers(peer);
  } catch (error) {
    await peer.stop();
    throw error;
  }
  return peer;
}

async function answers(peer: Peer): Promise<void> {
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    if (peer.exited()) throw new Error(`${peer.name} ended instead of listening:\n${peer.printed()}`);
    if ((await ask(peer.port, { method: "GET", url: "/__admin/health" })).status > 0) return;
    await delay(20);
  }
  throw new Error(`${peer.name} did not answer within 60 s:\n${peer.printed()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL");
  await gone;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
