import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem, type RuntimeName } from "@dojang/model";
import {
  type Availability,
  createSandboxRuntime,
  HostRuntime,
  makeOnce,
  probeMachine,
  type Runtime,
  type RuntimePromises,
} from "@dojang/runtime";
import type { LeftOut, RuntimeFacts } from "../report/run-facts.ts";

/** A runtime of this state folder, with what its callers need to know of it. */
export interface PreparedRuntime {
  readonly runtime: Runtime;
  /** Where services and steps see Dojang's preloads. */
  readonly preloadDirectory: string;
}

/** One that this machine can use, and why it was chosen. */
export interface ReadyRuntime extends PreparedRuntime {
  readonly availability: Availability;
  /** Empty, or ", because ...". */
  readonly why: string;
  readonly leftOut: readonly LeftOut[];
}

const preloadMount = "/opt/dojang/preload";

/** Makes the runtimes ready to be asked; none of them does anything yet. */
export async function prepareRuntimes({ home, signal }: { home: string; signal: AbortSignal }): Promise<readonly PreparedRuntime[]> {
  const machine = await probeMachine({ signal });
  const preload = await placePreload(home);
  const sandbox = createSandboxRuntime({ home, machine, sharedReadOnly: [{ source: preload, target: preloadMount }] });
  const host = new HostRuntime({ home });
  return [
    { runtime: sandbox, preloadDirectory: preloadMount },
    { runtime: host, preloadDirectory: preload },
  ];
}

export interface ChooseOptions {
  readonly asked: RuntimeName | undefined;
  readonly trusted: boolean;
  readonly signal: AbortSignal;
}

/** The one asked for, or the first that this machine permits: isolation before none. Throws `runtime-unavailable`. */
export async function chooseReady(prepared: readonly PreparedRuntime[], { asked, trusted, signal }: ChooseOptions): Promise<ReadyRuntime> {
  const candidates = prepared.filter(({ runtime }) => asked === undefined || runtime.name === asked);
  const refused: { name: RuntimeName; availability: Availability }[] = [];
  for (const candidate of candidates) {
    const { runtime } = candidate;
    const availability = await runtime.available({ signal });
    if (availability.ok && (trusted || runtime.promises.untrusted)) {
      const missing = refused.map((other) => ({ what: `runtime ${other.name}`, reason: firstLack(other.availability) }));
      return { ...candidate, availability, why: becauseOf(missing), leftOut: missing };
    }
    refused.push({ name: runtime.name, availability });
  }
  const checks = refused.flatMap(({ availability }) => availability.checks.filter((check) => check.state === "missing"));
  throw new Problem({
    code: "runtime-unavailable",
    message: `this machine permits ${asked === undefined ? "no runtime" : `no ${asked}`}: ${checks.map((check) => `${check.name}: ${check.seen}`).join("; ")}`,
    fix: checks.find((check) => check.fix !== "")?.fix ?? "see: dojang doctor",
    exit: "infrastructure",
  });
}

export function runtimeFacts({ runtime, availability }: Pick<ReadyRuntime, "runtime" | "availability">): RuntimeFacts {
  const degraded = availability.checks.filter((check) => check.state !== "ok").map((check) => `${check.name}: ${check.seen}`);
  return { name: runtime.name, summary: availability.summary, notPromised: [...unpromised(runtime.promises), ...degraded] };
}

function unpromised(promises: RuntimePromises): string[] {
  return [
    promises.isolation ? undefined : "services can reach this machine and each other's files",
    promises.ownNetwork ? undefined : "services share this machine's network",
    promises.limits ? undefined : "memory, processors and processes are not limited",
  ].filter((lack) => lack !== undefined);
}

function becauseOf(missing: readonly LeftOut[]): string {
  return missing.length === 0 ? "" : `, because ${missing.map(({ what, reason }) => `${what} is not available (${reason})`).join("; ")}`;
}

function firstLack(availability: Availability): string {
  const lack = availability.checks.find((check) => check.state === "missing");
  return lack ? `${lack.name}: ${lack.seen}` : availability.summary;
}

/** Guests may not be able to enter the checkout: the preloads are copied to where everybody can read them, once per content. */
async function placePreload(home: string): Promise<string> {
  const source = join(import.meta.dirname, "..", "..", "preload");
  const target = join(home, "preload", await contentHash(source));
  await mkdir(join(home, "preload"), { recursive: true });
  await makeOnce(target, (folder) => cp(source, folder, { recursive: true }));
  return target;
}

async function contentHash(directory: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(`${file.slice(directory.length)}\0`).update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}
