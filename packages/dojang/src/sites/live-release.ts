import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Problem, type ServiceSpec } from "@dojang/model";
import type { ServiceStatus } from "@dojang/runtime";
import { releaseSockets, socketName, staticLink } from "../edge/edge-site.ts";
import { lastWords } from "./last-words.ts";
import { ensureData, type LiveData } from "./live-data.ts";
import type { ResolvedRelease } from "./resolved-release.ts";
import type { Site } from "./site.ts";
import type { SiteContext } from "./site-context.ts";
import { siteEnvironmentState, siteSpecFacts, startSiteEnvironment, stopSiteEnvironment, withSiteLock } from "./site-environment.ts";
import { makeSiteFolder, removeSockets } from "./site-folder.ts";
import { tcpPorts } from "./site-services.ts";
import { releaseEnvironmentId, releaseSpec } from "./site-spec.ts";

/** A release while it runs in a site. */
export interface LiveRelease {
  readonly environmentId: string;
  /** `<site>/sockets/<release>`: what the edge points to. A link named `static` leads to the release's files. */
  readonly socketsFolder: string;
  /** As they run, with their variables in place. */
  readonly services: readonly ServiceSpec[];
  readonly did: "left" | "started";
}

export interface StartReleaseOptions {
  readonly held?: readonly string[];
  /** What is there already, and stays as another release wants it; `ensureData` brings it about when absent. */
  readonly data?: LiveData;
}

/**
 * Starts a release beside whatever else runs, and publishes a socket for every port of its services. One that runs as it should is
 * left alone, so it may be called again after a kill at any moment; what is left of a start that was killed is begun anew. Services
 * named in `held` wait for `bringUpSolo`; while one runs already, `held` does not take it down.
 */
export async function startRelease(
  context: SiteContext,
  site: Site,
  resolved: ResolvedRelease,
  { held = [], data }: StartReleaseOptions = {},
): Promise<LiveRelease> {
  const { neighbours } = data ?? (await ensureData(context, site, resolved));
  const spec = releaseSpec(await siteSpecFacts(context, site, resolved), neighbours);
  return withSiteLock(context, site, async () => {
    const state = await siteEnvironmentState(context, { site, spec, resolved });
    if (state === "changed") context.say(`${spec.id} starts again: what it stands on is no longer the same`);
    if (state !== "same") {
      await startSiteEnvironment(context, { site, spec, resolved, held, role: "release", keep: true });
    }
    return {
      environmentId: spec.id,
      socketsFolder: await publishAll(context, site, resolved),
      services: spec.services,
      did: state === "same" ? "left" : "started",
    };
  });
}

/** Its services, sockets and ledger entry are gone; what it keeps in volumes stays. Safe twice. */
export async function stopRelease(context: SiteContext, site: Site, release: ResolvedRelease["release"]): Promise<void> {
  await withSiteLock(context, site, async () => {
    await stopSiteEnvironment(context, releaseEnvironmentId(site, release));
    await removeSockets(site, release.id);
  });
}

async function publishAll(context: SiteContext, site: Site, { release, services, staticFolder }: ResolvedRelease): Promise<string> {
  await makeSiteFolder(site);
  const folder = releaseSockets(site.home, site.id, release.id);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await symlink(staticFolder, join(folder, staticLink)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const id = releaseEnvironmentId(site, release);
  for (const service of services.release) {
    const ports = tcpPorts(service);
    for (const [index, port] of ports.entries()) {
      const names = [...(index === 0 ? [socketName({ to: service.name })] : []), socketName({ to: service.name, port })];
      for (const name of names) await context.runtime.publish(id, { service: service.name, port, socketPath: join(folder, name) });
    }
  }
  return folder;
}

export interface ReleaseHealth {
  readonly ok: boolean;
  readonly services: readonly ServiceStatus[];
  /** One line for each that is not as it should be. */
  readonly wrong: readonly string[];
  /** Their names. */
  readonly unwell: readonly string[];
}

/** Whether every service is healthy, or runs where nothing tells its health, or has ended well where others wait for that. */
export async function releaseHealth(
  context: Pick<SiteContext, "runtime">,
  site: Site,
  { release, services }: Pick<ResolvedRelease, "release" | "services">,
  { held = [] }: { readonly held?: readonly string[] } = {},
): Promise<ReleaseHealth> {
  const id = releaseEnvironmentId(site, release);
  const status = await context.runtime.inspect(id);
  if (status === undefined || status.state !== "running") {
    return {
      ok: false,
      services: status?.services ?? [],
      wrong: [`${id} ${status === undefined ? "does not run" : `is ${status.state}`}`],
      unwell: [],
    };
  }
  const unwell = services.release.flatMap(({ name, health, restart }) => {
    const seen = status.services.find((one) => one.name === name);
    if (held.includes(name) && (seen?.state === "created" || seen?.state === "stopped")) return [];
    const isDone = seen?.state === "exited" && seen.exitCode === 0 && restart.kind !== "always" && restart.kind !== "unless-stopped";
    if (isDone || seen?.state === "healthy" || (health === undefined && seen?.state === "running")) return [];
    const last = seen?.lastHealthOutput?.trim();
    const code = seen?.exitCode === undefined ? "" : ` (${seen.exitCode})`;
    return [{ name, line: `${name} is ${seen?.state ?? "absent"}${code}${last ? `: ${last.slice(0, 300)}` : ""}` }];
  });
  return {
    ok: unwell.length === 0,
    services: status.services,
    wrong: unwell.map(({ line }) => line),
    unwell: unwell.map(({ name }) => name),
  };
}

/** How long a service without a health check has to run to be believed. */
const settleMs = 3_000;

/** Starts the services of a release that never run twice at once; those of the former release have to be down. */
export async function bringUpSolo(context: SiteContext, site: Site, { release, services }: ResolvedRelease): Promise<void> {
  const id = releaseEnvironmentId(site, release);
  for (const name of inOrder(services.solo, services.release)) {
    const before = await statusOf(context, { id, name });
    await context.runtime.bringUp(id, name, { signal: context.signal });
    // One that ran before was believed then; that it failed once, long ago, says nothing.
    if (before?.state === "running") continue;
    if (services.release.find((service) => service.name === name)?.health !== undefined) continue;
    const seen = await settled(context, { id, name, restarts: before?.restarts ?? 0 });
    if ((seen?.state === "running" && seen.restarts === (before?.restarts ?? 0)) || (seen?.state === "exited" && seen.exitCode === 0))
      continue;
    throw new Problem({
      code: "service-exited",
      message: `service ${name} of ${id} ended ${seen?.exitCode === undefined ? "" : `with ${seen.exitCode} `}as soon as it was started${await lastWords(context, id, [name])}`,
      fix: `read its log with \`dojang logs\`; a health check would tell when it works`,
      exit: "infrastructure",
    });
  }
}

/** As it is after a while, or as soon as it no longer runs. */
async function settled(
  context: SiteContext,
  { restarts, ...service }: { readonly id: string; readonly name: string; readonly restarts: number },
): Promise<ServiceStatus | undefined> {
  for (const since = Date.now(); ; await wait(100, undefined, { signal: context.signal })) {
    const seen = await statusOf(context, service);
    if (seen?.state !== "running" || seen.restarts > restarts || Date.now() - since >= settleMs) return seen;
  }
}

async function statusOf(
  context: Pick<SiteContext, "runtime">,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<ServiceStatus | undefined> {
  return (await context.runtime.inspect(id))?.services.find((service) => service.name === name);
}

/** In reverse; one that is down is left. A release that does not run has none to take down. */
export async function takeDownSolo(context: SiteContext, site: Site, { release, services }: ResolvedRelease): Promise<void> {
  const id = releaseEnvironmentId(site, release);
  if ((await context.runtime.inspect(id))?.state !== "running") return;
  for (const name of [...inOrder(services.solo, services.release)].reverse())
    await context.runtime.takeDown(id, name, { signal: context.signal });
}

/** Those that others wait for first. */
function inOrder(names: readonly string[], services: readonly ServiceSpec[]): readonly string[] {
  const ordered: string[] = [];
  const visit = (name: string): void => {
    if (ordered.includes(name) || !names.includes(name)) return;
    for (const { service } of services.find((one) => one.name === name)?.dependsOn ?? []) visit(service);
    ordered.push(name);
  };
  for (const name of names) visit(name);
  return ordered;
}
