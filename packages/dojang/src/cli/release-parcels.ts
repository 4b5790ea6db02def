import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { exitCodes, Problem } from "@dojang/model";
import type { Command } from "commander";
import { packRelease } from "../releases/pack-release.ts";
import { getRelease, listReleases } from "../releases/release.ts";
import { pointProject, takeInRelease } from "../releases/take-in-release.ts";
import { missingFiles } from "../releases/whole-release.ts";
import type { CommandContext } from "./command-context.ts";
import { openStoreOf } from "./open-store.ts";
import { say } from "./say.ts";

/** `dojang releases export|import|has`: releases on their way to another machine. */
export function addParcelCommands(command: Command, context: CommandContext): void {
  command
    .command("export")
    .description("Pack a release for another machine.")
    .argument("<release>", "its id")
    .requiredOption("--to <file>", "the archive, gzipped tar; `-` for standard output")
    .addHelpText("after", "\nExample: dojang releases export todo-r12 --to todo-r12.tar.gz")
    .action(async (id: string, { to }: { readonly to: string }) => {
      const { signal } = context;
      await using store = await openStore(context);
      await using parcel = await packRelease(store, await getRelease(store, id), signal);
      if (to === "-") return void (await pipeline(parcel.stream, process.stdout, { signal, end: false }));
      try {
        await pipeline(parcel.stream, createWriteStream(resolve(to), { mode: 0o600 }), { signal });
        await parcel.done;
      } catch (error) {
        await rm(resolve(to), { force: true });
        throw error;
      }
      say(`${id} is in ${to}`);
    });
  command
    .command("import")
    .description("Take in a release that was packed on another machine, from standard input: it keeps its id.")
    .addHelpText("after", "\nExample: dojang releases import < todo-r12.tar.gz")
    .action(async () => {
      if (process.stdin.isTTY === true) throw nothingToRead();
      const { signal } = context;
      await using store = await openStore(context);
      const { release, wasHere } = await takeInRelease({ store, signal }, process.stdin);
      await pointProject(store.home, release);
      process.stdout.write(`${release.id} ${wasHere ? "was here already" : "is here"}\n`);
    });
  command
    .command("has")
    .description("Whether a release is here whole: ends with 0 when it is, with 1 when not.")
    .argument("<release>", "its id")
    .option("--digest <sha256>", "of its sources, as `dojang releases --json` has it")
    .addHelpText("after", "\nExample: dojang releases has todo-r12")
    .action(async (id: string, { digest }: { readonly digest?: string }) => {
      await using store = await openStore(context);
      const known = (await listReleases(store)).find((each) => each.id === id && (digest === undefined || each.digest === digest));
      const isHere = known !== undefined && (await missingFiles(store.home, known)).length === 0;
      if (isHere) await pointProject(store.home, known);
      process.stdout.write(`${id} is ${isHere ? "here" : "not here"}\n`);
      if (!isHere) process.exitCode = exitCodes.failed;
    });
}

async function openStore(context: CommandContext) {
  const store = await openStoreOf({ context, say });
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}

function nothingToRead(): Problem {
  return new Problem({
    code: "usage",
    message: "a release is read from standard input, which is this terminal",
    fix: "write for example: dojang releases import < todo-r12.tar.gz",
    exit: "configuration",
  });
}
