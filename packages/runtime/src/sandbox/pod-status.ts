import { readFile } from "node:fs/promises";
import type { EnvironmentStatus, EnvironmentSummary } from "../contract.ts";
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

/** Pure: the mark says what was asked for, the agent how it is. */
export function statusOf(mark: PodMark, seen: AgentStatus | undefined): EnvironmentStatus {
  const silent = isAlive(mark.starter) ? "starting" : "failed";
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

export async function summaryOf(home: string, mark: PodMark): Promise<EnvironmentSummary> {
  const { state } = statusOf(mark, await agentStatus(podPaths(home, mark.id)));
  return { id: mark.id, project: mark.project, run: mark.run, state: state === "failed" ? "broken" : "running", startedAt: mark.startedAt };
}

/** Whether no more output can come. */
export async function hasEnded(paths: PodPaths): Promise<boolean> {
  const launcher = Number(await readFile(paths.launcher, "utf8").catch(() => ""));
  return launcher === 0 || !isAlive(launcher);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
