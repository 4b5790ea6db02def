import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Problem } from "@dojang/model";
import { Command } from "commander";
import { readProject } from "../config/load-project.ts";
import { projectFiles } from "../config/project-files.ts";
import { planInit } from "../init/plan-init.ts";
import { readRepositoryFacts } from "../init/repository-facts.ts";
import type { CommandContext } from "./command-context.ts";

interface InitOptions {
  readonly force?: boolean;
  readonly json?: boolean;
  readonly print?: boolean;
}

export function initCommand({ environment }: CommandContext): Command {
  return new Command("init")
    .argument("[directory]", "the project's folder", ".")
    .option("--force", "replace a dojang.yml that exists")
    .option("--print", "print the file instead of writing it")
    .option("--json", "print what was done as JSON")
    .addHelpText("after", "\nExample:\n  $ dojang init && dojang check && dojang run")
    .action(async (directory: string, options: InitOptions) => {
      const files = openDirectory(directory);
      const path = join(files.directory, "dojang.yml");
      if (files.kind(path) !== undefined && !options.force && !options.print) throw fileExists(path);
      const plan = planInit(readRepositoryFacts({ directory, env: environment }));
      const errors = readProject({ directory, env: environment, text: plan.text }).findings.filter(({ severity }) => severity === "error");
      const notes =
        errors.length === 0
          ? plan.notes
          : [...plan.notes, `${errors.length} thing${errors.length === 1 ? "" : "s"} must be mended first: run \`dojang check\``];
      if (!options.print) writeFileSync(path, plan.text, { flag: options.force ? "w" : "wx" });
      if (options.json)
        process.stdout.write(`${JSON.stringify({ file: path, written: !options.print, text: plan.text, notes, errors }, undefined, 2)}\n`);
      else if (options.print) process.stdout.write(plan.text);
      else process.stdout.write(`wrote ${path}\n`);
      if (!options.json) for (const note of notes) process.stderr.write(`note: ${note}\n`);
    });
}

function openDirectory(directory: string): ReturnType<typeof projectFiles> {
  try {
    const files = projectFiles(directory);
    if (files.kind(files.directory) === "folder") return files;
  } catch (cause) {
    throw notAFolder(directory, cause);
  }
  throw notAFolder(directory);
}

function notAFolder(directory: string, cause?: unknown): Problem {
  return new Problem({
    code: "project-missing",
    message: `${resolve(directory)} is no folder`,
    fix: "name the folder of a project",
    exit: "configuration",
    cause,
  });
}

function fileExists(path: string): Problem {
  return new Problem({
    code: "dojang-file-exists",
    message: `${path} exists`,
    fix: "edit it, or replace it with --force; --print only shows the new one",
    exit: "configuration",
  });
}
