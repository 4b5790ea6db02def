import { delimiter, dirname } from "node:path";
import type { BuildRecipe } from "@dojang/model";
import { closestProgram } from "./closest-program.ts";
import { describeProgram, type InstalledProgram, type ProgramFamily } from "./machine-facts.ts";
import type { ProgramPlan, ProgramRequest } from "./program-plan.ts";
import { baseEnvironment, composeCommand, misconfigured, sharedPaths } from "./service-environment.ts";

/** A service that was built from source. Its command has Compose's entrypoint and command in it already, with files named where they are. */
export function recipePlan(request: ProgramRequest, recipe: BuildRecipe): ProgramPlan {
  const seen = request.seen ?? ((path: string) => path);
  const argv = asArgv(recipe.command);
  const directory = seen(request.service.workingDirectory ?? recipe.directory);
  const program = languageProgram(request, recipe.language);
  const base = languageEnvironment(request, seen(recipe.directory), program);
  const path = [recipe.environment.PATH, base.PATH].filter((folders) => folders !== undefined).join(delimiter);
  return {
    describe: argv[0] === "sh" && argv[1] === "-c" ? argv.slice(2).join(" ") : argv.join(" "),
    argv,
    environment: {
      ...base,
      ...recipe.environment,
      // The recipe's folders come first; commands of this machine and those that stand in for an image's come after.
      PATH: [...new Set(path.split(delimiter))].join(delimiter),
      ...request.service.environment,
    },
    workingDirectory: directory,
    readOnlyPaths: [...(program?.readOnlyPaths ?? []), ...sharedPaths(request)],
    writableDirectories: [request.runDirectory],
    files: [],
    stopSignal: "SIGTERM",
  };
}

/** `image: node:20` or `python:3.12` or a bare system, with a command: the closest of this machine runs it. */
export function languageImagePlan(
  request: ProgramRequest,
  image: { readonly asked: string; readonly program: InstalledProgram | undefined },
): ProgramPlan {
  const seen = request.seen ?? ((path: string) => path);
  const argv = composeCommand(request);
  if (argv === undefined) {
    throw misconfigured(request.service.name, `${image.asked} is given no command`, "set command: in the Compose file");
  }
  const directory = request.service.workingDirectory;
  return {
    describe: `${image.program === undefined ? "commands of this machine" : describeProgram(image.program)}: ${argv.join(" ")}`,
    asked: image.asked,
    argv: argv[0] === "docker-entrypoint.sh" ? argv.slice(1) : argv,
    environment: { ...languageEnvironment(request, directory && seen(directory), image.program), ...request.service.environment },
    workingDirectory: directory === undefined ? request.runDirectory : seen(directory),
    readOnlyPaths: [...(image.program?.readOnlyPaths ?? []), ...sharedPaths(request)],
    writableDirectories: [request.runDirectory],
    files: [],
    stopSignal: "SIGTERM",
  };
}

/** One word is a line for the shell, as in dojang.yml; more are an argv. */
function asArgv(command: readonly string[]): readonly string[] {
  const [only] = command;
  return command.length === 1 && only !== undefined && /\s/.test(only) ? ["sh", "-c", only] : command;
}

function languageProgram(request: ProgramRequest, language: BuildRecipe["language"]): InstalledProgram | undefined {
  const families: readonly ProgramFamily[] = language === "python" ? ["python"] : ["node"];
  return closestProgram(request.machine, families);
}

/**
 * Variables for commands of a language: also used for build commands. Its own packages are found before the machine's.
 */
export function languageEnvironment(
  request: ProgramRequest,
  directory: string | undefined,
  program: InstalledProgram | undefined,
): Record<string, string> {
  const local = directory === undefined ? [] : [`${directory}/node_modules/.bin`, `${directory}/.venv/bin`];
  const own = program?.binaries.node ?? program?.binaries.server;
  const first =
    program?.family === "node" && program.origin === "dojang"
      ? [`${request.machine.standIns}/node-bin`]
      : own === undefined
        ? []
        : [dirname(own)];
  const base = baseEnvironment(request, [...local, ...first]);
  return program?.family === "python" ? { ...base, PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" } : base;
}
