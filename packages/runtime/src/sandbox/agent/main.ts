import { mkdir, readFile } from "node:fs/promises";
import { SpoolWriter } from "../../supervision/line-spool.ts";
import { serveControl } from "./control-server.ts";
import { exposeSocket } from "./exposures.ts";
import { Faults } from "./faults.ts";
import { Pod } from "./pod.ts";
import { agentPlaces, type PodPlan } from "./pod-plan.ts";
import { mustRun } from "./run-tool.ts";
import { watchLimits } from "./watchdog.ts";

/**
 * The agent: root of the pod's own user namespace and nobody outside it. It supervises everything in the pod; when it
 * ends, however it ends, the process namespace ends with it. It outlives the control plane.
 */
async function main(): Promise<void> {
  await prepareOwnPlaces();
  const plan: PodPlan = JSON.parse(await readFile(agentPlaces.plan, "utf8"));
  const pod = new Pod(plan, await SpoolWriter.open(agentPlaces.spool));
  const ending = new AbortController();
  let stopping: Promise<void> | undefined;
  const stop = () => {
    ending.abort(new Error("the environment is being stopped"));
    stopping ??= pod.stop().finally(() => setTimeout(() => process.exit(0), lastWordsMs));
    return stopping;
  };
  process.on("SIGTERM", () => void stop());
  await serveControl({ pod, faults: new Faults(pod), onStop: stop });
  await pod.start(ending.signal, async () => {
    if (plan.egress) await exposeSocket(plan.egress.port, plan.egress.socketPath, { tellPeer: true });
  });
  await watchLimits(pod);
}

/** For the answer to "stop" to leave before the process does. */
const lastWordsMs = 50;

async function prepareOwnPlaces(): Promise<void> {
  const { args, disk, volumes, scratch, roots, overlays } = agentPlaces;
  await Promise.all([args, disk, volumes, scratch, roots, overlays].map((folder) => mkdir(folder, { recursive: true })));
  await mustRun(["mount", "-t", "tmpfs", "tmpfs", "/run"]);
}

await main();
