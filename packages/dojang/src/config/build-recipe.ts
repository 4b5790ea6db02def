import { type ComposeService, type HealthCheck, type ProgramSpec, type ServiceRecipe, splitCommand } from "@dojang/model";
import type { ComposeContext } from "./compose-context.ts";
import { planFromDockerfile, planWithoutDockerfile, type RecipePlan } from "./recipe-plan.ts";
import { buildArguments, type Dockerfile, readDockerfile } from "./service-dockerfile.ts";
import { sourceFolder } from "./source-folder.ts";

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

interface Reporting {
  readonly context: ComposeContext;
  readonly dockerfile: Dockerfile | undefined;
  readonly plan: RecipePlan;
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
  { recipe, dockerfile, plan }: { recipe: ServiceRecipe | undefined; dockerfile: Dockerfile | undefined; plan: RecipePlan },
): string {
  const own = recipe?.build !== undefined || recipe?.command !== undefined ? [`from services.${name} of dojang.yml`] : [];
  const read =
    dockerfile !== undefined && (recipe?.build === undefined || recipe.command === undefined)
      ? [`read from ${dockerfile.shown}${plan.stage?.commandLine === undefined ? "" : `:${plan.stage.commandLine}`}`]
      : [];
  const installed = recipe?.build === undefined && plan.dependencies !== undefined ? [`dependencies by ${plan.dependencies.origin}`] : [];
  return [...own, ...read, ...installed].join(", ");
}
