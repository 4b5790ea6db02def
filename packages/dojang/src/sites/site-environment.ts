import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EnvironmentSpec } from "@dojang/model";
import type { ProgressEvent } from "@dojang/runtime";
import { markReleased, recordIntent } from "../store/ledger.ts";
import { withLockFile } from "../store/lock-file.ts";
import { thisProcess } from "../store/process-identity.ts";
import type { ResolvedRelease } from "./resolved-release.ts";
import type { Site } from "./site.ts";
import type { SiteContext } from "./site-context.ts";
import { keptFolders, liveVolume, makeSiteFolder, makeVolume, siteUser, writeWhole } from "./site-folder.ts";
import type { SiteSpecFacts } from "./site-spec.ts";
import { specHash } from "./spec-hash.ts";

/**
 * Environments of a site: written to the ledger before they are made, with `data.site`, and kept. What one was started with is in
 * `env/<id>.json`, so that a later process can tell whether it still is what is asked for.
 */
export interface StartRequest {
  readonly site: Site;
  readonly spec: EnvironmentSpec;
  readonly resolved: ResolvedRelease;
  readonly held?: readonly string[];
  readonly role: "data" | "release" | "commands" | "throwaway";
  /** False for what only lives as long as this process. */
  readonly keep: boolean;
}

/** Everything but what depends on the site's state. Makes the site's folder and its user. */
export async function siteSpecFacts(context: SiteContext, site: Site, resolved: ResolvedRelease): Promise<SiteSpecFacts> {
  await makeSiteFolder(site);
  return { site, resolved, user: await siteUser(site), preloadDirectory: context.preloadDirectory };
}

const mostEndings = 5;

/**
 * Starts it anew. Its entry in the ledger is this process's from before anything ends until all runs, so that no reaper takes what is
 * being restarted for what was given up.
 */
export async function startSiteEnvironment(context: SiteContext, request: StartRequest): Promise<void> {
  const { site, spec, resolved, held, role, keep } = request;
  await recordIntent(context.store, {
    kind: "environment",
    id: spec.id,
    runtime: context.runtime.name,
    owner: thisProcess(),
    keep,
    // Not the project's folder: what is live there is nothing that `dojang down` of the folder removes.
    data: { site: site.id, project: site.project, directory: site.folder, role },
  });
  try {
    for (const [volume, folder] of Object.entries(spec.keptVolumes ?? {}))
      if (folder === liveVolume(site, volume)) await makeVolume(site, volume);
    // What is left of one that was killed, or runs with another specification.
    await context.runtime.stop(spec.id);
    // Before the start: one that goes on when this process was killed in its middle is taken for what it is.
    if (keep) await writeWhole(stateFile(site, spec.id), stateOf(await specHash(spec, resolved)));
    await context.runtime.start(spec, {
      images: resolved.images,
      signal: context.signal,
      held,
      // What a release stands on runs already: one of its services that ends again and again does so by itself.
      mostEndings: role === "release" ? mostEndings : undefined,
      onProgress: (event) => tell(context, spec.id, event),
    });
  } catch (error) {
    await stopSiteEnvironment(context, spec.id);
    throw error;
  }
}

/** Safe twice, and for one that was never started. */
export async function stopSiteEnvironment(context: Pick<SiteContext, "store" | "runtime">, id: string): Promise<void> {
  await context.runtime.stop(id);
  await markReleased(context.store, { kind: "environment", id });
}

/** "absent": nothing of it is there, or nothing whole. "changed": it runs, with another specification. */
export async function siteEnvironmentState(
  context: Pick<SiteContext, "runtime">,
  { site, spec, resolved }: Pick<StartRequest, "site" | "spec" | "resolved">,
): Promise<"same" | "changed" | "absent"> {
  const status = await context.runtime.inspect(spec.id);
  if (status?.state !== "running") return "absent";
  const known = await readFile(stateFile(site, spec.id), "utf8").catch(() => "");
  return known === stateOf(await specHash(spec, resolved)) ? "same" : "changed";
}

/** One process at a time changes which environments of a site there are. */
export async function withSiteLock<T>(context: Pick<SiteContext, "signal">, site: Site, work: () => Promise<T>): Promise<T> {
  await makeSiteFolder(site);
  return withLockFile(join(keptFolders(site).env, "lock"), { signal: context.signal }, work);
}

function stateOf(hash: string): string {
  return JSON.stringify({ hash });
}

function stateFile(site: Site, id: string): string {
  return join(keptFolders(site).env, `${id}.json`);
}

function tell(context: SiteContext, id: string, event: ProgressEvent): void {
  if (event.kind === "service") context.emit?.({ ...event, job: id });
  if (event.kind === "substitution") context.emit?.({ kind: "note", job: id, text: `${event.service}: ${event.asked} -> ${event.took}` });
  if (event.kind === "note") context.emit?.({ kind: "note", job: id, text: event.text });
}
