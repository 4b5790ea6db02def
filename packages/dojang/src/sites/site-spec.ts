import { join } from "node:path";
import type { EnvironmentSpec, NeighbourSpec, ServiceSpec } from "@dojang/model";
import { parseImageName } from "@dojang/runtime";
import { startsPostgres, withArchiving, withPostgresFlags } from "../backups/with-archiving.ts";
import { withServicePreload } from "../environments/service-preload.ts";
import type { ResolvedRelease } from "./resolved-release.ts";
import { environmentKind, type Site } from "./site.ts";
import { keptFolders, liveVolume } from "./site-folder.ts";
import { unmountedData } from "./site-services.ts";

/** What the environments of a site are made of. Pure. */
export interface SiteSpecFacts {
  readonly site: Site;
  readonly resolved: ResolvedRelease;
  readonly user: number;
  readonly preloadDirectory: string;
}

export const dataEnvironmentId = (site: Pick<Site, "id">): string => `${site.id}-data`;
export const releaseEnvironmentId = (site: Pick<Site, "id">, release: { readonly number: number }): string =>
  `${site.id}-r${release.number}`;

/** A database writes to disk what it has in memory before it ends. */
const leastDataGraceMs = 60_000;
/** One that was killed first works through its log. */
const dataStartTimeoutMs = 15 * 60_000;

export function dataSpec(facts: SiteSpecFacts): EnvironmentSpec {
  const { site } = facts;
  const archived = archivedServices(facts);
  const services = dataServices(facts).map((service) =>
    archived.includes(service.name) ? withArchiving(service, { walFolder: walFolder(site, service.name) }) : service,
  );
  return { ...commonSpec(facts, services), id: dataEnvironmentId(facts.site), startTimeoutMs: dataStartTimeoutMs };
}

/** Those whose log is kept, so that any second can be restored: PostgreSQL alone has one. */
export function archivedServices({ site, resolved }: Pick<SiteSpecFacts, "site" | "resolved">): readonly string[] {
  const { backups } = site.definition;
  if (backups?.pointInTime !== true) return [];
  const named = resolved.services.data.filter(({ name, program }) => backups.services.includes(name) && program.kind === "image");
  return named
    .filter(({ program }) => program.kind === "image" && parseImageName(program.image).program === "postgres")
    .map(({ name }) => name);
}

/** Where the server puts its log, and whence backups take it. */
export function walFolder(site: Pick<Site, "folder">, service: string): string {
  return join(keptFolders(site).wal, service);
}

/**
 * A migration that is ended for its time, or whose Dojang is killed, is gone for PostgreSQL only when it looks: while a statement goes
 * on it never does by itself, and keeps the locks that visitors wait for.
 */
const noticesWhoIsGone = ["-c", "client_connection_check_interval=1s"];

function isPostgres(service: ServiceSpec): boolean {
  const { program } = service;
  return program.kind === "image" && parseImageName(program.image).program === "postgres" && startsPostgres(service);
}

/** As they run: with a volume for what they would otherwise lose, and time to end in order. */
export function dataServices({ resolved }: Pick<SiteSpecFacts, "resolved">): readonly ServiceSpec[] {
  return resolved.services.data.map((service) => {
    const target = unmountedData(service);
    const mount = target === undefined ? [] : [{ kind: "volume" as const, volume: `${service.name}-data`, target, readOnly: false }];
    return {
      ...(isPostgres(service) ? withPostgresFlags(service, noticesWhoIsGone) : service),
      mounts: [...service.mounts, ...mount],
      stop: { ...service.stop, graceMs: Math.max(service.stop.graceMs, leastDataGraceMs) },
    };
  });
}

export function releaseSpec(facts: SiteSpecFacts, neighbours: readonly NeighbourSpec[]): EnvironmentSpec {
  const { site, resolved, preloadDirectory } = facts;
  const services = resolved.services.release.map((service) => withServicePreload(service, preloadDirectory));
  return { ...commonSpec(facts, services), id: releaseEnvironmentId(site, resolved.release), neighbours };
}

export function commonSpec(facts: SiteSpecFacts, services: readonly ServiceSpec[]): Omit<EnvironmentSpec, "id"> {
  const { site, resolved, user } = facts;
  const volumes = volumesOf(services);
  const names = new Set(services.map(({ name }) => name));
  return {
    project: site.project,
    kind: environmentKind(site),
    // What lives in another environment runs before this one starts.
    services: services.map((service) => ({ ...service, dependsOn: service.dependsOn.filter((one) => names.has(one.service)) })),
    volumes,
    keptVolumes: Object.fromEntries(volumes.map((volume) => [volume, liveVolume(site, volume)])),
    ownUser: user,
    egress: { kind: "none" },
    extraHosts: {},
    trusted: true,
    limits: resolved.project.file.defaults.limits,
    startTimeoutMs: resolved.project.file.defaults.startTimeoutMs,
  };
}

export function volumesOf(services: readonly ServiceSpec[]): readonly string[] {
  return [...new Set(services.flatMap(({ mounts }) => mounts.flatMap((mount) => (mount.kind === "volume" ? [mount.volume] : []))))];
}
