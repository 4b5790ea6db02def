import { join } from "node:path";
import type { BuiltImage } from "@dojang/runtime";
import { workspaceMount } from "../environments/workspace.ts";
import type { ResolvedRelease } from "../sites/resolved-release.ts";
import { type Site, siteOf } from "../sites/site.ts";
import { siteServices } from "../sites/site-services.ts";
import { siteVariables } from "../sites/site-variables.ts";
import type { Store } from "../store/store.ts";
import { shelvedTree } from "./artifact-shelf.ts";
import type { Release } from "./release.ts";
import { readSource } from "./release-project.ts";
import { checkWhole } from "./whole-release.ts";

export interface ResolveRequest {
  readonly store: Store;
  readonly signal: AbortSignal;
  /** The machine's variables, of which `<ENVIRONMENT>_<NAME>` are taken; this process's when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * A release as it is in a site: read from its own sources, its Compose file interpolated with the site's variables and nothing else.
 * What the environment is like (its services, smoke steps, variables) is what the release's own dojang.yml says; how visitors reach
 * it is the edge's. Throws Problems `release-removed`, `variables-missing`, `site-services-invalid`, `environment-without-site`.
 */
export async function resolveRelease(
  { store, signal, env = process.env }: ResolveRequest,
  release: Release,
  site: Pick<Site, "id" | "project" | "environment" | "home" | "directory">,
): Promise<ResolvedRelease & { readonly site: Site }> {
  await checkWhole(store.home, release);
  const reading = { source: release.folders.source, name: release.project, dojangFile: release.manifest.dojangFile, signal };
  // First of all for what the environment lists: values may come from the machine under the environment's prefix.
  const prefix = `${site.environment.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_`;
  const fromMachine = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (name.startsWith(prefix) && value !== undefined ? [[name, value] as const] : [])),
  );
  const listed = await readSource(reading, { ...standIns(release), ...fromMachine });
  const own = siteOf(listed, site.environment, { home: site.home });
  const variables = await siteVariables(store, own);
  const project = await readSource(reading, variables);
  return {
    release: { id: release.id, number: release.number },
    // Its folder of the project is where people work, not where the release's sources are.
    site: { ...own, directory: site.directory },
    project,
    services: siteServices(project, own.definition, site.environment),
    variables,
    images: imagesOf(release, store),
    staticFolder: release.folders.static,
    workspace: { tree: join(release.folders.workspace, "tree"), mountAt: workspaceMount },
  };
}

/** What the Compose file insists on is there later; before that it stands for itself. */
function standIns({ manifest }: Release): Readonly<Record<string, string>> {
  return Object.fromEntries(manifest.variables.map((name) => [name, `\${${name}}`]));
}

function imagesOf({ manifest }: Release, { home }: Store): Readonly<Record<string, BuiltImage>> {
  return Object.fromEntries(
    manifest.artifacts.map(({ service, digest, sizeBytes }) => [
      service,
      { service, digest, sizeBytes, reference: shelvedTree(home, digest), cached: true },
    ]),
  );
}
