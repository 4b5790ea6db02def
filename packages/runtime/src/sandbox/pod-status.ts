import { readFile } from "node:fs/promises";
import type { EnvironmentStatus, EnvironmentSummary } from "../contract.ts";
import { isAlive as isSame } from "../supervision/process-tree.ts";
import type { AgentReply } from "./agent/pod-plan.ts";
import { askAgent } from "./agent-connection.ts";
import { type PodMark, type PodPaths, podPaths } from "./pod-folder.ts";

type AgentStatus = Extract<AgentReply, { kind: "status" }>;

const answerLimitMs = 5_000;

/** Undefined when the agent does not answer: not yet, or not any more. */
export async function agentStatus(paths: PodPaths): Promise<AgentStatus | undefined> {
  const reply = await askAgent(paths.control, { op: "status" }, { signal: AbortSignal.timeout(answerLimitMs) }).catch(() => undefined);
  return reply?.kind === "status" ? reply : undefined;
}

/** Whether the pod of a silent agent may still come up. */
export async function silentState(paths: PodPaths, mark: PodMark): Promise<"starting" | "failed"> {
  const launcher = await launcherOf(paths);
  if (launcher !== undefined && !isAlive(launcher)) return "failed";
  return (await isSame(mark.starter)) ? "starting" : "failed";
}

/** Pure: the mark says what was asked for, the agent how it is. */
export function statusOf(mark: PodMark, seen: AgentStatus | undefined, silent: "starting" | "failed"): EnvironmentStatus {
  return {
    id: mark.id,
    project: mark.project,
    state: seen?.state ?? silent,
    startedAt: mark.startedAt,
    services: mark.services.map((service) => {
      const status = seen?.services.find((one) => one.name === service.name);
      return {
        ...service,
        state: status?.state ?? (silent === "starting" ? "created" : "stopped"),
        restarts: status?.restarts ?? 0,
        exitCode: status?.exitCode,
        lastHealthOutput: status?.lastHealthOutput,
      };
    }),
  };
}

export async function readStatus(paths: PodPaths, mark: PodMark): Promise<EnvironmentStatus> {
  const seen = await agentStatus(paths);
  return statusOf(mark, seen, seen ? "starting" : await silentState(paths, mark));
}

export async function summaryOf(home: string, mark: PodMark): Promise<EnvironmentSummary> {
  const { state } = await readStatus(podPaths(home, mark.id), mark);
  return { id: mark.id, project: mark.project, run: mark.run, state: state === "failed" ? "broken" : "running", startedAt: mark.startedAt };
}

/** Whether no more output can come. */
export async function hasEnded(paths: PodPaths): Promise<boolean> {
  const launcher = await launcherOf(paths);
  return launcher === undefined || !isAlive(launcher);
}

async function launcherOf(paths: PodPaths): Promise<number | undefined> {
  const pid = Number(await readFile(paths.launcher, "utf8").catch(() => ""));
  return pid === 0 ? undefined : pid;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
