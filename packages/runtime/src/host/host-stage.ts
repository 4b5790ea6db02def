import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnvironmentSpec } from "@dojang/model";
import type { EnvironmentStatus } from "../contract.ts";
import { actorContext, buildAll } from "../contract-suite/actor-services.ts";
import { neverAborted, type Stage, setStage } from "../contract-suite/stage.ts";
import type { LiveStartOptions } from "../live-runtime.ts";
import { HostRuntime } from "./host-runtime.ts";

/** For tests: the host runtime on a state folder of its own, in a folder that guests may pass through. */
export interface HostStage extends Stage {
  readonly runtime: HostRuntime;
  readonly folder: string;
  readonly home: string;
  up(spec: EnvironmentSpec, more?: Partial<LiveStartOptions>): Promise<EnvironmentStatus>;
  /** Between tests: no environment is left. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openHostStage({ homeName = "home" }: { readonly homeName?: string } = {}): Promise<HostStage> {
  const folder = await mkdtemp(join(tmpdir(), "dojang-host-"));
  await chmod(folder, 0o711);
  const home = join(folder, homeName);
  await mkdir(home, { mode: 0o711 });
  const runtime = new HostRuntime({ home });
  const stage = setStage({ runtime, home, reopen: async () => runtime, cleanup: async () => {} }, await actorContext());
  const clear = async () => {
    for (const { id } of await runtime.list()) await runtime.stop(id);
  };
  return {
    ...stage,
    runtime,
    folder,
    home,
    up: async (spec, more = {}) =>
      runtime.start(spec, { signal: neverAborted(), images: await buildAll(runtime, spec, neverAborted()), ...more }),
    clear,
    async close() {
      await clear();
      await rm(folder, { recursive: true, force: true });
      await rm(stage.context, { recursive: true, force: true });
    },
  };
}
