import { stat } from "node:fs/promises";
import { Problem } from "@dojang/model";
import { Command } from "commander";
import { projectFolder } from "../releases/take-in-release.ts";
import type { CommandContext } from "./command-context.ts";
import { createProgram } from "./program.ts";
import { stateFolder } from "./state-folder.ts";

/**
 * What `dojang on` and `dojang deploy` run on a site's machine: a command in the folder of a project's newest sources there, in the name
 * of the person who gave it. Whoever may log in as this account may do what it may, so the name is believed.
 */
export function withinCommand(context: CommandContext): Command {
  return new Command("within")
    .argument("<project>", "whose releases were sent here")
    .argument("[words...]", "a command with what it takes")
    .option("--by <person>", "who gives it")
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (project: string, words: readonly string[], { by }: { readonly by?: string }) => {
      const folder = projectFolder(stateFolder(context.environment), project);
      if (!(await isFolder(folder))) {
        throw new Problem({
          code: "project-unknown",
          message: `no release of ${project} was ever sent to this machine`,
          fix: "deploy it from where it is built: dojang deploy <environment>",
          exit: "configuration",
        });
      }
      process.chdir(folder);
      const environment = by === undefined ? context.environment : { ...context.environment, SUDO_USER: by };
      const program = await createProgram({ ...context, environment }, words);
      await program.parseAsync(words, { from: "user" });
    });
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
