import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtimeContract } from "../contract-suite/runtime-contract.ts";
import { actorScript } from "./contract-actor.ts";
import { FakeRuntime, FakeWorld } from "./fake-runtime.ts";

runtimeContract("fake", async () => {
  const world = new FakeWorld();
  const home = await mkdtemp(join(tmpdir(), "dojang-fake-"));
  return {
    runtime: new FakeRuntime({ script: actorScript, world, home }),
    home,
    reopen: async () => new FakeRuntime({ script: actorScript, world, home }),
    cleanup: () => rm(home, { recursive: true, force: true }),
  };
});
