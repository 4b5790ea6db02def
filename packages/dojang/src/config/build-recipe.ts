import { join, posix, resolve } from "node:path";
import {
  type BuildRecipe,
  type ComposeService,
  type HealthCheck,
  nameAdvice,
  type ProgramSpec,
  type ServiceRecipe,
  splitCommand,
} from "@dojang/model";
import type { ComposeContext } from "./compose-context.ts";
import { dockerfileLayout, type Layout } from "./dockerfile-layout.ts";
import { dockerfileStages, type Stage, stageNamed } from "./dockerfile-stages.ts";
import { type Dependencies, findDependencies } from "./package-manager.ts";
import { requirementFiles, runCommands, runsInto } from "./run-commands.ts";
import { sourceFolder } from "./source-folder.ts";
import { startCommand } from "./start-command.ts";

/** A service that is built: its program, and what its Dockerfile says beside. */
export interface ReadBuild {
  readonly program: Extract<ProgramSpec, { kind: "build" }>;
  readonly ports: readonly number[];
  readonly health: HealthCheck | undefined;
  readonly user: string | undefined;
  readonly stopSignal: string | undefined;
  /** Where it starts, when that is not the recipe's directory. */
  readonly workingDirectory: string | undefined;
}

/**
 * How a service is built and started without Docker: what dojang.yml says, and for what it leaves open, the Dockerfile
 * together with the lock files. What cannot be told is a finding that says what to write.
 */
export function readBuild(name: string, service: ComposeService, context: ComposeContext): ReadBuild | undefined {
  const folder = sourceFolder(name, service, context);
  if (folder === undefined) return undefined;
  const recipe = context.recipes[name];
  const dockerfile = readDockerfile(name, service, { folder, context });
  if (dockerfile === "wrong") return undefined;
  const plan =
    dockerfile === undefined
      ? planWithoutDockerfile({ service, folder, recipe, context })
      : planFromDockerfile({ service, folder, recipe, context, dockerfile });
  const command = recipe?.command ?? (plan.command.length === 0 ? undefined : plan.command);
  if (command === undefined || (plan.language === "other" && recipe?.build === undefined && recipe?.command === undefined)) {
    reportUnreadable(name, { context, dockerfile, plan });
    return undefined;
  }
  if (recipe?.build === undefined || recipe.command === undefined) reportLeftOut(name, { context, dockerfile, plan });
  const directory = recipe?.directory ?? plan.directory;
  return {
    program: {
      kind: "build",
      context: folder,
      ...(dockerfile?.path !== undefined && { dockerfile: dockerfile.path }),
      ...(service.build?.target !== undefined && { target: service.build.target }),
      args: buildArguments(service, context),
      recipe: {
        language: plan.language,
        build: recipe?.build ?? plan.build,
        command: typeof command === "string" ? commandWords(command) : command,
        directory,
        environment: plan.environment(directory),
        origin: originOf(name, { recipe, dockerfile, plan }),
      },
    },
    // Another command than the image's own need not listen where the image does.
    ports: service.command === undefined && service.entrypoint === undefined ? (plan.stage?.ports ?? []) : [],
    health: plan.stage?.health === "none" ? undefined : plan.stage?.health,
    user: plan.stage?.user,
    stopSignal: plan.stage?.stopSignal,
    workingDirectory: plan.workingDirectory === plan.directory || recipe?.directory !== undefined ? undefined : plan.workingDirectory,
  };
}

/** A plain line needs no shell, and then gets its signals itself. */
function commandWords(line: string): readonly string[] {
  const split = splitCommand(line);
  const plain = split.ok && !/[$`*?~{}()#!=]/.test(line) && split.words.length > 0;
  return plain ? split.words : ["sh", "-c", line];
}

interface Dockerfile {
  /** Absolute; undefined for `dockerfile_inline`. */
  readonly path: string | undefined;
  readonly shown: string;
  readonly stages: readonly Stage[];
  readonly stage: Stage;
}

function readDockerfile(
  name: string,
  service: ComposeService,
  { folder, context }: { folder: string; context: ComposeContext },
): Dockerfile | undefined | "wrong" {
  const { build } = service;
  const { files, report, recipes } = context;
  if (build === undefined) return undefined;
  const path = resolve(folder, build.dockerfile ?? "Dockerfile");
  const text = build.dockerfile_inline ?? files.read(path);
  if (text === undefined) {
    // dojang.yml says everything a Dockerfile would.
    if (recipes[name]?.command !== undefined) return undefined;
    const place = ["services", name, "build"];
    if (!files.contains(path))
      report({
        code: "path-outside-project",
        path: place,
        message: `the Dockerfile "${build.dockerfile}" is outside the project`,
        fix: "keep it inside the project",
      });
    else
      report({
        code: "dockerfile-missing",
        path: place,
        message: `there is no ${files.show(path)}`,
        fix: `create it, or write services.${name} in dojang.yml: { build: [...], command: ... }`,
      });
    return "wrong";
  }
  const stages = dockerfileStages(text, buildArguments(service, context));
  const stage = stageNamed(stages, build.target);
  const shown = build.dockerfile_inline === undefined ? files.show(path) : `dockerfile_inline of ${name}`;
  if (stage !== undefined) return { path: build.dockerfile_inline === undefined ? path : undefined, shown, stages, stage };
  const names = stages.flatMap((one) => one.name ?? []);
  if (build.target === undefined)
    report({
      code: "dockerfile-empty",
      path: ["services", name, "build"],
      message: `${shown} has no FROM line`,
      fix: "begin it with FROM",
    });
  else
    report({
      code: "unknown-stage",
      path: ["services", name, "build", "target"],
      message: `${shown} has no stage "${build.target}"`,
      fix: nameAdvice(build.target, names, "stages"),
    });
  return "wrong";
}

function buildArguments(service: ComposeService, { lookup }: ComposeContext): Record<string, string> {
  const pairs = Object.entries(service.build?.args ?? {}).map(([key, value]) => [key, value ?? lookup(key)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Everything decided about a service before dojang.yml's own words are put over it. */
interface Plan {
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

function planWithoutDockerfile({ service, folder, recipe, context }: PlanOptions): Plan {
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

function planFromDockerfile({ service, folder, recipe, context, dockerfile }: PlanOptions & { dockerfile: Dockerfile }): Plan {
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

interface Reporting {
  readonly context: ComposeContext;
  readonly dockerfile: Dockerfile | undefined;
  readonly plan: Plan;
}

function reportUnreadable(name: string, { context, dockerfile, plan }: Reporting): void {
  const image = plan.stage?.baseImage;
  const why =
    plan.language === "other"
      ? image === undefined
        ? "its source has neither a package.json nor Python requirements"
        : `${dockerfile?.shown} ends in the image "${image}", and only Node and Python can be read from a Dockerfile`
      : `${dockerfile?.shown ?? "its source"} does not say what starts it`;
  context.report({
    code: "recipe-unknown",
    path: ["services", name, "build"],
    message: `how to run ${name} without Docker cannot be told: ${why}`,
    fix: `write under \`services:\` of dojang.yml: ${name}: { build: [commands that make it ready], command: what starts it, port: its port }`,
  });
}

function reportLeftOut(name: string, { context, dockerfile, plan }: Reporting): void {
  for (const { line, command } of plan.leftOut) {
    context.report({
      severity: "note",
      code: "run-left-out",
      path: ["services", name, "build"],
      ...(dockerfile?.path !== undefined && { place: { file: dockerfile.shown, line, column: 1, path: `services.${name}` } }),
      message: `\`RUN ${command}\` is left out without Docker`,
      fix: `nothing to do if the service runs without it; else write services.${name}.build in dojang.yml`,
    });
  }
}

function originOf(
  name: string,
  { recipe, dockerfile, plan }: { recipe: ServiceRecipe | undefined; dockerfile: Dockerfile | undefined; plan: Plan },
): string {
  const own = recipe?.build !== undefined || recipe?.command !== undefined ? [`from services.${name} of dojang.yml`] : [];
  const read =
    dockerfile !== undefined && (recipe?.build === undefined || recipe.command === undefined)
      ? [`read from ${dockerfile.shown}${plan.stage?.commandLine === undefined ? "" : `:${plan.stage.commandLine}`}`]
      : [];
  const installed = recipe?.build === undefined && plan.dependencies !== undefined ? [`dependencies by ${plan.dependencies.origin}`] : [];
  return [...own, ...read, ...installed].join(", ");
}
