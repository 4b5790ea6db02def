import { join, posix } from "node:path";
import type { BuildRecipe, ComposeService, ServiceRecipe } from "@dojang/model";
import type { ComposeContext } from "./compose-context.ts";
import { dockerfileLayout, type Layout } from "./dockerfile-layout.ts";
import type { Stage } from "./dockerfile-stages.ts";
import { type Dependencies, findDependencies } from "./package-manager.ts";
import { requirementFiles, runCommands, runsInto } from "./run-commands.ts";
import type { Dockerfile } from "./service-dockerfile.ts";
import { startCommand } from "./start-command.ts";

/** Everything decided about a service before dojang.yml's own words are put over it. */
export interface RecipePlan {
  readonly language: BuildRecipe["language"];
  readonly build: readonly string[];
  readonly command: readonly string[];
  readonly directory: string;
  readonly workingDirectory: string;
  readonly environment: (directory: string) => Readonly<Record<string, string>>;
  readonly stage: Stage | undefined;
  readonly dependencies: Dependencies | undefined;
  readonly leftOut: readonly { readonly line: number; readonly command: string }[];
}

interface PlanOptions {
  readonly service: ComposeService;
  readonly folder: string;
  readonly recipe: ServiceRecipe | undefined;
  readonly context: ComposeContext;
}

/** From the lock files and dojang.yml alone. */
export function planWithoutDockerfile({ service, folder, recipe, context }: PlanOptions): RecipePlan {
  const dependencies = findDependencies({
    files: context.files,
    folder,
    ...(recipe?.language !== undefined && { language: recipe.language }),
  });
  const builds = dependencies?.scripts.build === undefined ? [] : ["npm run build"];
  const directory = recipe?.directory ?? service.working_dir ?? "/app";
  return {
    language: recipe?.language ?? dependencies?.language ?? languageOfCommand(recipe?.command ?? service.command ?? []),
    build: dependencies === undefined ? [] : [...dependencies.install, ...builds],
    command: [],
    directory,
    workingDirectory: directory,
    environment: (where) => dependencies?.environment(where) ?? {},
    stage: undefined,
    dependencies,
    leftOut: [],
  };
}

export function planFromDockerfile({ service, folder, recipe, context, dockerfile }: PlanOptions & { dockerfile: Dockerfile }): RecipePlan {
  const { stages, stage } = dockerfile;
  const { files } = context;
  const layout = dockerfileLayout({ stages, stage, context: folder, files });
  const runs = runsInto(stage, stages);
  const effective = effectiveCommand(service, stage);
  const language = recipe?.language ?? languageOf(stage, effective);
  const dependencies = findDependencies({
    files,
    folder: join(folder, layout.folder),
    requirements: requirementFiles(runs, layout),
    language,
  });
  const taken = runCommands({ runs, layout, dependencies });
  const workingDirectory = posix.join(layout.directory, layout.folder);
  const install = (dependencies?.install ?? []).map((line) => (layout.folder === "" ? line : `cd ${layout.folder} && ${line}`));
  return {
    language,
    build: [...install, ...taken.build, ...unsaidBuild({ stage, folder, files, dependencies, taken: taken.build, layout })],
    command:
      effective.length === 0
        ? []
        : startCommand({
            words: effective,
            stage,
            layout,
            dependencies,
            workingDirectory,
            interpreter: (path) => interpreterOf(join(folder, path), files),
            exists: (path) => files.kind(join(folder, path)) === "file",
          }),
    directory: layout.directory,
    workingDirectory,
    environment: (directory) => ({ ...withoutPath(stage.environment), ...dependencies?.environment(posix.join(directory, layout.folder)) }),
    stage,
    dependencies,
    leftOut: taken.leftOut,
  };
}

/** `sh` or `bash` for a script that is not executable in the repository; undefined for what can be run as it is. */
function interpreterOf(path: string, files: ComposeContext["files"]): string | undefined {
  if (files.executable(path)) return undefined;
  return /^#!\s*(?:\/usr\/bin\/env\s+)?(?:\/\S*\/)?(sh|bash)\b/.exec(files.read(path) ?? "")?.[1];
}

/** Docker: the entrypoint followed by the command; an entrypoint of the Compose file also clears the image's command. */
function effectiveCommand(service: ComposeService, stage: Stage): readonly string[] {
  const entrypoint = service.entrypoint ?? stage.entrypoint ?? [];
  const command = service.command ?? (service.entrypoint === undefined ? stage.command : undefined) ?? [];
  return [...entrypoint, ...command];
}

function languageOf(stage: Stage, command: readonly string[]): BuildRecipe["language"] {
  const image = stage.baseImage.toLowerCase();
  if (/(^|\/)node(js)?([:@-]|$)/.test(image)) return "node";
  if (/(^|\/)(python|uv)([:@-]|$)/.test(image) || /astral-sh\/uv/.test(image)) return "python";
  if (/(^|\/)(nginx|caddy|httpd|golang|rust|ruby|php|openjdk|eclipse-temurin|elixir|bun|deno)([:@-]|$)/.test(image)) return "other";
  return languageOfCommand(command);
}

/** `sh -c "exec node server.js"`, on a plain Debian or Alpine image or on none. */
function languageOfCommand(command: string | readonly string[]): BuildRecipe["language"] {
  const text = typeof command === "string" ? command : command.join(" ");
  if (/(^|\s|\/)(node|npm|npx|yarn|pnpm)(\s|$)/.test(text)) return "node";
  return /(^|\s|\/)(python3?|gunicorn|uvicorn|flask|celery|hypercorn|uwsgi)(\s|$)/.test(text) ? "python" : "other";
}

interface UnsaidBuild {
  readonly stage: Stage;
  readonly folder: string;
  readonly files: ComposeContext["files"];
  readonly dependencies: Dependencies | undefined;
  readonly taken: readonly string[];
  readonly layout: Layout;
}

/** A Dockerfile that copies what is not in the repository (`COPY dist ./dist`) counts on a build made before it. */
function unsaidBuild({ stage, folder, files, dependencies, taken, layout }: UnsaidBuild): string[] {
  if (dependencies?.scripts.build === undefined || taken.some((line) => /\bbuild\b/.test(line))) return [];
  const sources = stage.actions.flatMap((action) => (action.kind === "copy" && action.from === undefined ? action.sources : []));
  const missing = sources.some((source) => !/[*?]/.test(source) && files.kind(join(folder, source)) === undefined);
  if (!missing) return [];
  return [layout.folder === "" ? "npm run build" : `cd ${layout.folder} && npm run build`];
}

function withoutPath({ PATH: _path, ...rest }: Readonly<Record<string, string>>): Record<string, string> {
  return rest;
}
