import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { chmod, chown } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { type EnvironmentSpec, Problem } from "@dojang/model";
import type { LiveStartOptions } from "../live-runtime.ts";
import type { MachineFacts } from "../programs/machine-facts.ts";
import type { GuestUser } from "../sandbox/guest-user.ts";
import { identify } from "../supervision/process-tree.ts";
import type { SupervisedStatus } from "../supervision/supervised-entry.ts";
import type { ServiceAddress } from "./address-book.ts";
import type { AddressClaim } from "./claim-address.ts";
import { environmentMark, type HostFolder, writeWhole } from "./host-folder.ts";
import { placementOf, planHost, portsOf } from "./host-plan.ts";
import { layOutEnvironment } from "./lay-out.ts";
import { isFreeAt, reserveAddress, reservePort } from "./reserve-address.ts";
import { placeSupervisor } from "./supervisor-program.ts";
import { askSupervisor } from "./supervisor-protocol.ts";

const supervisorStartMs = 15_000;

interface Making {
  readonly spec: EnvironmentSpec;
  readonly options: LiveStartOptions;
  readonly paths: HostFolder;
  readonly machine: MachineFacts;
  readonly signal: AbortSignal;
  /** The last state of each service, kept for whoever tells of a failure. */
  readonly seen: Map<string, SupervisedStatus>;
}

/** Plans, lays out, and starts in a folder that was claimed; whoever called it removes what it leaves when it rejects. */
export async function makeEnvironment(from: Making): Promise<void> {
  const claims: AddressClaim[] = [];
  try {
    await makeWith(from, claims);
  } finally {
    // The supervisor has them by now, or nobody is to.
    for (const claim of claims) claim.release();
  }
}

async function makeWith(from: Making, claims: AddressClaim[]): Promise<void> {
  const { spec, options, paths, machine, signal, seen } = from;
  const addresses = await reserveAll(from, claims);
  const { plan, layOut, programs } = planHost(spec, {
    paths,
    machine,
    addresses,
    images: options.images,
    held: options.held ?? [],
    mostEndings: options.mostEndings,
  });
  for (const [service, { asked, describe }] of programs) {
    if (asked !== undefined) options.onProgress?.({ kind: "substitution", service, asked, took: describe });
  }
  if (spec.ownUser !== undefined && plan.user !== undefined) await shutOthersOut(paths, plan.user);
  await layOutEnvironment(paths, plan, layOut, signal);
  await writeWhole(paths.plan, plan);
  signal.throwIfAborted();
  await spawnSupervisor(paths, { claims, signal });
  await askSupervisor(
    paths.control,
    { op: "start" },
    {
      signal,
      onService: (status) => {
        seen.set(status.name, status);
        options.onProgress?.({ kind: "service", service: status.name, state: status.state, detail: status.lastHealthOutput });
      },
    },
  );
}

/** Guests of other users may not even pass. */
async function shutOthersOut({ folder }: HostFolder, user: GuestUser): Promise<void> {
  await chown(folder, 0, user.gid);
  await chmod(folder, 0o710);
}

async function reserveAll({ spec, paths, machine }: Making, claims: AddressClaim[]): Promise<Record<string, ServiceAddress>> {
  const addresses: Record<string, ServiceAddress> = {};
  for (const service of spec.services) {
    const ownAddress = placementOf(service) !== "moves" && machine.platform === "linux";
    let host = "127.0.0.1";
    if (ownAddress) {
      const reserved = await reserveAddress(paths, service.name, portsOf(service).filter(needsNoRoot));
      claims.push(reserved.claim);
      host = reserved.host;
    }
    const ports: Record<number, number> = {};
    for (const port of portsOf(service)) {
      // On an address of its own only the ports of the administrator have to move: services are never root.
      ports[port] = ownAddress && needsNoRoot(port) && (await isFreeAt(host, port)) ? port : await reservePort(paths, port);
    }
    addresses[service.name] = { names: [service.name, ...service.aliases], host, ports };
  }
  return addresses;
}

/** It holds no data but what passes through: a small young generation costs it nothing. */
const memoryFlags = ["--max-semi-space-size=1", "--max-old-space-size=192"];

function needsNoRoot(port: number): boolean {
  return port >= 1024;
}

async function spawnSupervisor(
  paths: HostFolder,
  { claims, signal }: { readonly claims: readonly AddressClaim[]; readonly signal: AbortSignal },
): Promise<void> {
  const mark = environmentMark(paths);
  const log = openSync(paths.supervisorLog, "a", 0o600);
  const program = await placeSupervisor(paths.home);
  const child = spawn(process.execPath, [...memoryFlags, program, paths.home, paths.id], {
    cwd: "/",
    detached: true,
    // It only has to have the claims; its own children do not get them.
    stdio: ["ignore", log, log, ...claims.flatMap(({ fd }) => fd ?? [])],
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", NODE_NO_WARNINGS: "1", [mark.name]: mark.value },
  });
  closeSync(log);
  child.unref();
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(supervisorStartMs)]);
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  while ((await askSupervisor(paths.control, { op: "status" }).catch(() => undefined)) === undefined) {
    signal.throwIfAborted();
    if (gone || deadline.aborted) throw supervisorFailed(paths, child.pid !== undefined && (await identify(child.pid)) !== undefined);
    await wait(15);
  }
}

function supervisorFailed(paths: HostFolder, runs: boolean): Problem {
  return new Problem({
    code: "supervisor-failed",
    exit: "infrastructure",
    message: `the supervisor of environment ${paths.id} ${runs ? `did not answer within ${supervisorStartMs} ms` : "ended at once"}`,
    fix: `check that ${paths.home} is writable and not full`,
  });
}
