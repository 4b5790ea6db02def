import { resolve } from "node:path";
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
  return knownSite(live, siteId(project.name, environment));
}
