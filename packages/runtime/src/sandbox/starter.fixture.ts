/** Run by the crash tests as a process of its own: starts one environment, and is killed meanwhile. */
import { probeMachine } from "../programs/probe-machine.ts";
import { createSandboxRuntime } from "./sandbox-runtime.ts";
import { strangersEnvironment } from "./sandbox-stage.ts";

const [home = "", workspace = "", id = ""] = process.argv.slice(2);
const runtime = createSandboxRuntime({ home, machine: await probeMachine({ signal: AbortSignal.timeout(60_000) }) });
const spec = strangersEnvironment(id, { workspace });
process.stdout.write("starting\n");
await runtime.start(spec, { signal: new AbortController().signal, images: {} });
process.stdout.write("started\n");
