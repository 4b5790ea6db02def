import { readFile, writeFile } from "node:fs/promises";
import { Problem } from "@dojang/model";
import { Command } from "commander";
import { scenarioFromHar } from "../scenario/from-har.ts";
import type { CommandContext } from "./command-context.ts";

interface Options {
  readonly host?: string;
  readonly out?: string;
}

export function fromHarCommand(context: CommandContext): Command {
  return new Command("from-har")
    .description("Makes a scenario of recorded traffic: ids and tokens that answers gave are captured and sent again.")
    .argument("<file>", "HTTP archive (HAR) of a browser or of `dojang report --har`")
    .option("--host <host:port>", "whose traffic; the most frequent unless told")
    .option("--out <file>", "where the scenario goes; stdout unless told")
    .addHelpText("after", "\nExample:\n  dojang-load from-har visit.har --out tests/perf/visit.yaml")
    .action(async (file: string, { host, out }: Options) => {
      const text = await readFile(file, "utf8").catch((cause: unknown) => {
        throw new Problem({
          code: "har-unreadable",
          message: `${file} cannot be read`,
          fix: "check the path",
          exit: "configuration",
          cause,
        });
      });
      await writeScenario(scenarioFromHar(file, text, host === undefined ? {} : { host }), { out, context });
    });
}

export async function writeScenario(
  text: string,
  { out, context }: { readonly out: string | undefined; readonly context: CommandContext },
): Promise<void> {
  if (out === undefined) {
    context.stdout.write(text);
    return;
  }
  await writeFile(out, text, { flag: "wx" }).catch((cause: NodeJS.ErrnoException) => {
    const exists = cause.code === "EEXIST";
    throw new Problem({
      code: "scenario-not-written",
      message: `${out} ${exists ? "is there already" : "cannot be written"}`,
      fix: exists ? "name another file, or remove it" : "check the folder",
      exit: "configuration",
      cause,
    });
  });
  context.stderr.write(`wrote ${out}\n`);
}
