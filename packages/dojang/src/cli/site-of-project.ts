import { resolve } from "node:path";
import { nameAdvice, Problem } from "@dojang/model";
import { loadProject } from "../config/load-project.ts";
import { knownSite, type Live } from "../deployments/open-live.ts";
import { siteId } from "../sites/site.ts";
import type { CommandContext } from "./command-context.ts";

/** The site of a project's environment, as it was last deployed. */
export async function siteOfProject(
  context: CommandContext,
  live: Pick<Live, "store" | "home">,
  { environment, directory }: { readonly environment: string; readonly directory: string },
) {
  const project = await loadProject({ directory: resolve(directory), env: context.environment, signal: context.signal });
  const { environments } = project.file;
  return knownSite(live, siteId(project.name, environment)).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== "site-unknown") throw error;
    // A name that dojang.yml does not have is a mistake in the name, before anything else.
    if (!Object.hasOwn(environments, environment)) throw environmentUnknown(environment, Object.keys(environments));
    const server = environments[environment]?.site?.server;
    if (server === undefined) throw error;
    throw new Problem({
      code: "site-elsewhere",
      message: `the site of ${environment} is on ${server.host}, not on this machine`,
      fix: `give the command there: dojang on ${environment} …`,
      exit: "configuration",
      place: { file: "dojang.yml", path: `environments.${environment}.site.server` },
    });
  });
}

/** `known`, as the fix calls them: those that the command could mean. */
export function environmentUnknown(environment: string, known: readonly string[], called = "environments of dojang.yml"): Problem {
  return new Problem({
    code: "environment-unknown",
    message: `there is no deployment environment "${environment.slice(0, 60)}"`,
    fix: nameAdvice(environment, known, called),
    exit: "configuration",
    place: { file: "dojang.yml", path: "environments" },
  });
}
