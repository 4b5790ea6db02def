import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findHostLimits, type HostLimits, makeGroups, removeGroups, sweepGroups } from "@dojang/runtime";
import type { JudgeLimits } from "../contract.ts";

/** The control groups of one submission, where this machine has any to give: they hold for all of its sandboxes together. */
export interface LimitGroup {
  readonly enter: readonly string[];
  readonly wrapper: readonly string[];
  readonly countsMemory: boolean;
  /** Whether the kernel ended something for its memory since this was last asked. */
  wasOutOfMemory(): boolean;
  remove(): Promise<void>;
}

// Threads count as processes in a group: a Node has a dozen before it does anything.
const threadsOfRunner = 64;

let hostLimits: Promise<HostLimits> | undefined;

export async function makeLimitGroup(limits: JudgeLimits, ownMemoryBytes: number): Promise<LimitGroup> {
  hostLimits ??= sweepGroups(isOfDeadJudge).then(findHostLimits);
  const host = await hostLimits;
  const name = `/dojang-judge/judge-${process.pid}-${randomBytes(8).toString("hex")}`;
  const memoryBytes = limits.memoryBytes + ownMemoryBytes;
  const { groups, enter, wrapper } = await makeGroups(host, name, { memoryBytes, pids: limits.processes * 2 + threadsOfRunner });
  const memory = groups.find((group) => group.controllers.includes("memory"));
  const counter = memory && join(memory.folder, memory.version === 2 ? "memory.events" : "memory.oom_control");
  const ofAgent = memory && join(memory.folder, "agent", memory.version === 2 ? "memory.events" : "memory.oom_control");
  const countKills = () => kills(counter) + kills(ofAgent);
  let before = countKills();
  return {
    enter,
    wrapper,
    countsMemory: memory !== undefined,
    wasOutOfMemory() {
      const now = countKills();
      const more = now > before;
      before = now;
      return more;
    },
    remove: () => removeGroups(name),
  };
}

/** Made below by name: a judge that is killed leaves its groups to the next one. */
function isOfDeadJudge(name: string): boolean {
  const pid = Number(/^judge-(\d+)-/.exec(name)?.[1]);
  return pid > 0 && !existsSync(`/proc/${pid}`);
}

function kills(file: string | undefined): number {
  if (file === undefined) return 0;
  try {
    return Number(/^oom_kill (\d+)/m.exec(readFileSync(file, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
