import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { Problem } from "@dojang/model";
import { requireReachable } from "../cli/require-reachable.ts";
import { runLoadHere } from "../generator/run-load-here.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import { type GeneratorLine, type GeneratorOrder, toWire } from "./wire-format.ts";

/**
 * The generator inside an environment: takes an order on standard input, tells its progress and its result on standard output.
 * `idle` keeps a service alive in which orders are run. One file of bundled JavaScript runs it, so nothing else need be there.
 */
async function main(): Promise<void> {
  if (process.argv[2] === "idle") {
    process.on("SIGTERM", () => process.exit(0));
    for (;;) await wait(2 ** 30);
  }
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort()).on("SIGINT", () => stop.abort());
  const tell = (line: GeneratorLine) => void process.stdout.write(`${JSON.stringify(line)}\n`);
  try {
    const order: GeneratorOrder = JSON.parse(await text(process.stdin));
    const plan = withTarget(order);
    await requireReachable(plan, stop.signal);
    if (plan.startAtMs !== undefined) await wait(Math.max(0, plan.startAtMs - Date.now() - 50));
    tell({ kind: "started", at: Date.now() });
    const result = await runLoadHere(plan, {
      signal: stop.signal,
      onSecond: ({ latency: _latency, of: _of, ...second }) => tell({ kind: "second", second }),
    });
    tell({ kind: "result", result: toWire(result) });
  } catch (error) {
    const { code, message, fix } =
      error instanceof Problem
        ? error
        : { code: "bug", message: error instanceof Error ? (error.stack ?? error.message) : String(error), fix: "report this" };
    tell({ kind: "failed", code, message, fix });
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

await main();
