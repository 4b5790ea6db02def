import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtimeContract } from "../contract-suite/runtime-contract.ts";
import { probeMachine } from "../programs/probe-machine.ts";
import { createSandboxRuntime } from "./sandbox-runtime.ts";

runtimeContract("sandbox", async () => {
  const home = await mkdtemp(join(tmpdir(), "dojang-sandbox-"));
  await chmod(home, 0o755);
  const machine = await probeMachine({ signal: AbortSignal.timeout(60_000) });
  const make = () => createSandboxRuntime({ home, machine });
  return { runtime: make(), home, reopen: async () => make(), cleanup: () => rm(home, { recursive: true, force: true }) };
});
