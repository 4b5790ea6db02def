import { type LoadPlan, type LoadResult, readScriptFiles, type SecondOfTraffic } from "@dojang/load";
import { fromWire, type GeneratorLine, type GeneratorOrder } from "@dojang/load/environment";
import { Problem } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import { generatorCommand, generatorName, targetVariable } from "./generator-service.ts";

export interface RunGeneratorOptions {
  readonly runtime: Pick<Runtime, "exec">;
  readonly environmentId: string;
  readonly plan: LoadPlan;
  /** `http://api:8000`: given as a variable, which a runtime without names of its own rewrites. */
  readonly target: string;
  readonly signal: AbortSignal;
  readonly onSecond?: (second: SecondOfTraffic) => void;
}

const outputLimitBytes = 256 * 1024 * 1024;
/** Beyond the traffic itself: start, warm-up, answers that are waited for, packing. */
const graceMs = 60_000;

/** One order to the generator of an environment. Throws the generator's Problem when it could not begin. */
export async function runGenerator({ runtime, environmentId, plan, target, signal, onSecond }: RunGeneratorOptions): Promise<LoadResult> {
  const { module } = plan.scenario;
  const order: GeneratorOrder = {
    plan,
    targetVariable,
    ...(module === undefined ? {} : { scriptFiles: await readScriptFiles(module) }),
  };
  let result: LoadResult | undefined;
  let failure: Problem | undefined;
  const reader = lineReader((text) => {
    const line = parseLine(text);
    if (line?.kind === "second") onSecond?.(line.second);
    if (line?.kind === "result") result = fromWire(plan, line.result);
    if (line?.kind === "failed") failure = new Problem({ code: line.code, message: line.message, fix: line.fix, exit: "infrastructure" });
  });
  let errors = "";
  const ended = await runtime.exec(
    environmentId,
    {
      service: generatorName,
      command: generatorCommand,
      environment: { [targetVariable]: target },
      timeoutMs: lengthMs(plan) + plan.timeoutMs + graceMs,
      outputLimitBytes,
      stdin: Buffer.from(JSON.stringify(order)),
      onOutput: ({ stream, data }) => {
        if (stream === "stdout") reader(data);
        else errors = (errors + Buffer.from(data).toString("utf8")).slice(-4000);
      },
    },
    { signal },
  );
  if (failure !== undefined) throw failure;
  if (result !== undefined) return result;
  throw new Problem({
    code: "load-generator-died",
    message: `the generator ended with ${ended.timedOut ? "its time over" : `code ${ended.exitCode}`} and left no result${errors === "" ? "" : `: ${errors.trim()}`}`,
    fix: "run it again; with less traffic when the machine ran out of memory",
    exit: "infrastructure",
  });
}

export function lengthMs({ traffic, warmUp, startAtMs }: LoadPlan): number {
  const stages: readonly { readonly forMs: number }[] = traffic.stages;
  const wait = startAtMs === undefined ? 0 : Math.max(0, startAtMs - Date.now());
  return stages.reduce((sum, stage) => sum + stage.forMs, 0) + (warmUp?.forMs ?? 0) + wait;
}

function parseLine(text: string): GeneratorLine | undefined {
  try {
    // Written by environment-main.ts, which runs in a place of its own that no service can enter.
    return JSON.parse(text) as GeneratorLine;
  } catch {
    return undefined;
  }
}

function lineReader(onLine: (line: string) => void): (data: Uint8Array) => void {
  let parts: Buffer[] = [];
  return (data) => {
    let from = 0;
    const bytes = Buffer.from(data);
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
      parts.push(bytes.subarray(from, end));
      onLine(Buffer.concat(parts).toString("utf8"));
      parts = [];
      from = end + 1;
    }
    if (from < bytes.length) parts.push(bytes.subarray(from));
  };
}
