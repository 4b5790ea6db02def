import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnvironmentSpec, ServiceSpec } from "@dojang/model";
import type { ExecRequest, Runtime } from "../contract.ts";
import { type Acted, run } from "../contract-suite/stage.ts";
import { probeMachine } from "../programs/probe-machine.ts";
import { createSandboxRuntime } from "./sandbox-runtime.ts";

/** For tests of the sandbox alone: a state folder of their own, and a service that does nothing until told. */
export interface SandboxStage {
  readonly runtime: Runtime;
  readonly home: string;
  readonly workspace: string;
  /** A shell line in the workspace. */
  sh(id: string, line: string, more?: Partial<ExecRequest>): Promise<Acted>;
  close(): Promise<void>;
}

export async function setSandboxStage(): Promise<SandboxStage> {
  const home = await mkdtemp(join(tmpdir(), "dojang-sandbox-"));
  await chmod(home, 0o755);
  const workspace = await mkdtemp(join(tmpdir(), "dojang-workspace-"));
  const machine = await probeMachine({ signal: AbortSignal.timeout(60_000) });
  const runtime = createSandboxRuntime({ home, machine });
  return {
    runtime,
    home,
    workspace,
    sh: (id, line, more) => run(runtime, id, { command: ["sh", "-c", line], ...more }),
    async close() {
      for (const { id } of await runtime.list()) await runtime.stop(id);
      await rm(home, { recursive: true, force: true });
      await rm(workspace, { recursive: true, force: true });
    },
  };
}

const mebibyte = 1024 ** 2;

/** What a stranger's code gets. */
export function strangersEnvironment(
  id: string,
  stage: Pick<SandboxStage, "workspace">,
  services: readonly ServiceSpec[] = [],
): EnvironmentSpec {
  return {
    id,
    project: "attacks",
    kind: "job",
    services,
    workspace: { tree: stage.workspace, mountAt: "/work" },
    volumes: [],
    egress: { kind: "none" },
    extraHosts: {},
    trusted: false,
    limits: { memoryBytes: 256 * mebibyte, pids: 100, diskBytes: 64 * mebibyte, cpus: 1 },
    startTimeoutMs: 30_000,
  };
}
