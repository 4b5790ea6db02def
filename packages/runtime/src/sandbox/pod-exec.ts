import { Problem } from "@dojang/model";
import type { ActiveFault, ExecRequest, ExecResult, Fault } from "../contract.ts";
import { unknownService } from "../runtime-problems.ts";
import type { AgentReply } from "./agent/pod-plan.ts";
import { askAgent } from "./agent-connection.ts";
import { workspaceMember } from "./plan-pod.ts";
import type { PodMark, PodPaths } from "./pod-folder.ts";

export async function execInPod(paths: PodPaths, mark: PodMark, request: ExecRequest, signal: AbortSignal): Promise<ExecResult> {
  const names = mark.services.map((one) => one.name);
  if (request.service !== undefined && !names.includes(request.service)) throw unknownService(mark.id, request.service, names);
  const { command, environment, directory, timeoutMs, outputLimitBytes, stdin, onOutput } = request;
  if (request.service === undefined && !mark.workspace) throw noWorkspace(mark.id);
  const run = {
    member: request.service ?? workspaceMember,
    command,
    environment,
    directory,
    timeoutMs,
    outputLimitBytes,
    stdin: stdin === undefined ? undefined : Buffer.from(stdin).toString("base64"),
  };
  const reply = await askAgent(paths.control, { op: "exec", run }, { signal, onReply: forwardOutput(onOutput) });
  const { kind: _, ...result } = expected(reply, "ended");
  return result;
}

export function forwardOutput(onOutput: ExecRequest["onOutput"]): (reply: AgentReply) => void {
  return (reply) => {
    if (reply.kind === "output") onOutput?.({ stream: reply.stream, data: Buffer.from(reply.data, "base64") });
  };
}

export function activeFault(paths: PodPaths, fault: Fault, token: string): ActiveFault {
  return {
    fault,
    async heal() {
      await askAgent(paths.control, { op: "heal", token });
    },
  };
}

/** The reply of a kind; any other would be a bug of the agent's. */
export function expected<K extends AgentReply["kind"]>(reply: AgentReply, kind: K): Extract<AgentReply, { kind: K }> {
  if (reply.kind !== kind) throw new Error(`the agent answered ${reply.kind}, expected ${kind}`);
  // The comparison above is what the compiler cannot follow through the type parameter.
  return reply as Extract<AgentReply, { kind: K }>;
}

export function noWorkspace(id: string): Problem {
  return new Problem({
    code: "no-workspace",
    exit: "configuration",
    message: `environment ${id} has no workspace to run a command in`,
    fix: "name a service",
  });
}
