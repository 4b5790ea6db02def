import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "@dojang/model";
import { Command } from "commander";
import { scenarioFromHar } from "../scenario/from-har.ts";
import type { CommandContext } from "./command-context.ts";
import { writeScenario } from "./from-har.ts";

interface Options {
  readonly host?: string;
  readonly out?: string;
  readonly project: string;
}

/** Dojang keeps the transactions; it is asked for them as an HTTP archive, in which each test is a page. */
export function fromRunCommand(context: CommandContext): Command {
  return new Command("from-run")
    .description("Makes a scenario of what the tests of a run asked: each test a flow, ids and tokens captured.")
    .argument("<number>", "of the run")
    .option("--project <folder>", "whose run", ".")
    .option("--host <host:port>", "whose traffic; the most frequent unless told")
    .option("--out <file>", "where the scenario goes; stdout unless told")
    .addHelpText("after", "\nExample:\n  dojang-load from-run 12 --host api:8000 --out tests/perf/recorded.yaml")
    .action(async (run: string, { host, out, project }: Options) => {
      const folder = await mkdtemp(join(tmpdir(), "dojang-load-"));
      try {
        const file = join(folder, `run-${run}.har`);
        await askDojang(["report", project, "--run", run, "--har", file, "--out", folder], context.signal);
        const text = await readFile(file, "utf8");
        await writeScenario(scenarioFromHar(`run-${run}.har`, text, host === undefined ? {} : { host }), { out, context });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
}

async function askDojang(args: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await promisify(execFile)("dojang", args, { signal, maxBuffer: 64 * 1024 * 1024 });
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    throw new Problem({
      code: "run-unknown",
      message: missing ? "dojang is not on the PATH: it keeps the transactions of runs" : `dojang ${args.join(" ")} failed: ${said}`,
      fix: missing
        ? "run this where dojang is installed, as `npx dojang-load` does in its checkout"
        : "name a run of the project: `dojang report --run` knows them",
      exit: "configuration",
      cause,
    });
  }
}
