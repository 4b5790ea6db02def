import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtimeContract } from "../contract-suite/runtime-contract.ts";
import { HostRuntime } from "./host-runtime.ts";

runtimeContract("host", async () => {
  const home = await mkdtemp(join(tmpdir(), "dojang-host-"));
  return {
    runtime: new HostRuntime({ home }),
    home,
    reopen: async () => new HostRuntime({ home }),
    cleanup: () => rm(home, { recursive: true, force: true }),
  };
});
