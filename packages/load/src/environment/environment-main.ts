import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { isMainThread } from "node:worker_threads";
import { Problem } from "@dojang/model";
import { requireReachable } from "../cli/require-reachable.ts";
import { runLoad } from "../generator/run-load.ts";
import { runLoadHere } from "../generator/run-load-here.ts";
// Its thread is this same file: see below.
import "../generator/traffic-thread.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import { placeScript } from "./place-script.ts";
import { type GeneratorLine, type GeneratorOrder, toWire } from "./wire-format.ts";

/**
 * The generator inside an environment: takes an order on standard input, tells its progress and its result on standard output.
 * `idle` keeps a service alive in which orders are run. One file of bundled JavaScript runs it, so nothing else need be there.
 * The traffic is made in this thread, which has nothing else to do; only a script gets one of its own, so that it can be watched.
 */
async function main(): Promise<void> {
  if (process.argv[2] === "idle") {
    process.on("SIGTERM", () => process.exit(0));
    for (;;) await wait(2 ** 30);
  }
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort()).on("SIGINT", () => stop.abort());
  const tell = (line: GeneratorLine) => void process.stdout.write(`${JSON.stringify(line)}\n`);
  let original = (said: string) => said;
  try {
    const order: GeneratorOrder = JSON.parse(await text(process.stdin));
    await using script = await placeScript(order);
    original = script.original;
    const plan = script.placed(withTarget(order));
    await requireReachable(plan, stop.signal);
    if (plan.startAtMs !== undefined) await wait(Math.max(0, plan.startAtMs - Date.now() - 50));
    tell({ kind: "started", at: Date.now() });
    const run = plan.scenario.module === undefined ? runLoadHere : runLoad;
    const result = await run(plan, {
      signal: stop.signal,
      onSecond: ({ latency: _latency, names: _names, of: _of, ...second }) => tell({ kind: "second", second }),
      threadFile: new URL(import.meta.url),
    });
    tell({ kind: "result", result: script.named(toWire(result)) });
  } catch (error) {
    const { code, message, fix } =
      error instanceof Problem
        ? error
        : { code: "bug", message: error instanceof Error ? (error.stack ?? error.message) : String(error), fix: "report this" };
    tell({ kind: "failed", code, message: original(message), fix });
    process.exitCode = error instanceof Problem ? error.exitCode : 70;
  }
}

function withTarget({ plan, targetVariable }: GeneratorOrder): LoadPlan {
  const address = targetVariable === undefined ? undefined : process.env[targetVariable];
  const url = address === undefined ? null : URL.parse(address);
  if (url === null) return plan;
  const scheme = url.protocol === "https:" ? "https" : "http";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return { ...plan, target: { ...plan.target, scheme, host, port: Number(url.port || (scheme === "https" ? 443 : 80)) } };
}

if (isMainThread) await main();
