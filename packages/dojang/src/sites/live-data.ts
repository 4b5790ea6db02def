import { chown, mkdir } from "node:fs/promises";
import type { NeighbourSpec, ServiceSpec } from "@dojang/model";
import { ownUserOf } from "@dojang/runtime";
import type { ResolvedRelease } from "./resolved-release.ts";
import type { Site } from "./site.ts";
import type { SiteContext } from "./site-context.ts";
import { siteEnvironmentState, siteSpecFacts, startSiteEnvironment, withSiteLock } from "./site-environment.ts";
import { tcpPorts } from "./site-services.ts";
import { archivedServices, dataSpec, type SiteSpecFacts, walFolder } from "./site-spec.ts";

/** What a site keeps across releases, while it runs. */
export interface LiveData {
  /** Undefined when the site keeps nothing. */
  readonly environmentId: string | undefined;
  /** As they run, with their variables and volumes in place. */
  readonly services: readonly ServiceSpec[];
  /** Where releases find them. */
  readonly neighbours: readonly NeighbourSpec[];
  readonly did: "left" | "started" | "restarted";
}

/**
 * Sees to it that databases, caches and queues run as the release wants them. Those that do are left alone; a changed image, command
 * or variable, or a new service, restarts them all, which visitors notice, and is said.
 */
export async function ensureData(context: SiteContext, site: Site, resolved: ResolvedRelease): Promise<LiveData> {
  if (resolved.services.data.length === 0) return { environmentId: undefined, services: [], neighbours: [], did: "left" };
  const facts = await siteSpecFacts(context, site, resolved);
  const spec = dataSpec(facts);
  for (const service of archivedServices(facts)) await makeWalFolder(facts, service);
  return withSiteLock(context, site, async () => {
    const state = await siteEnvironmentState(context, { site, spec, resolved });
    if (state === "same") await bringUpEnded(context, spec.id);
    else {
      if (state === "changed")
        context.say(`${site.id}: ${spec.services.map(({ name }) => name).join(", ")} restart, for the release changes them`);
      await startSiteEnvironment(context, { site, spec, resolved, role: "data", keep: true });
    }
    const did = { same: "left", changed: "restarted", absent: "started" } as const;
    return {
      environmentId: spec.id,
      services: spec.services,
      neighbours: await neighboursOf(context, spec.id, spec.services),
      did: did[state],
    };
  });
}

/** The server writes its log there, and is the only one who has to. */
async function makeWalFolder({ site, user }: SiteSpecFacts, service: string): Promise<void> {
  const folder = walFolder(site, service);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const owner = ownUserOf(user);
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
}

/** Those that failed and stay down by themselves are wanted all the same; those that were taken down (a restore) are left to who did. */
async function bringUpEnded(context: SiteContext, id: string): Promise<void> {
  const status = await context.runtime.inspect(id);
  for (const { name, state, exitCode } of status?.services ?? []) {
    if (state !== "exited" || exitCode === 0) continue;
    context.say(`${id}: ${name} was down and is started again`);
    await context.runtime.bringUp(id, name, { signal: context.signal });
  }
}

/** Names and addresses of services that run, for environments beside theirs. */
export async function neighboursOf(
  context: Pick<SiteContext, "runtime">,
  environmentId: string,
  services: readonly ServiceSpec[],
): Promise<readonly NeighbourSpec[]> {
  const status = await context.runtime.inspect(environmentId);
  const found = await Promise.all(
    services.map(async (service): Promise<NeighbourSpec | undefined> => {
      // An image's own port is none that the Compose file has to name.
      const known = status?.services.find(({ name }) => name === service.name)?.ports ?? tcpPorts(service);
      const targets = await Promise.all(
        known.map(async (port) => [port, await context.runtime.address(environmentId, service.name, port)] as const),
      );
      const host = targets.find(([, target]) => target !== undefined)?.[1]?.host;
      if (host === undefined) return undefined;
      const ports = targets.flatMap(([port, target]) => (target === undefined ? [] : [[port, target.port] as const]));
      return { names: [service.name, ...service.aliases], host, ports: Object.fromEntries(ports) };
    }),
  );
  return found.filter((one) => one !== undefined);
}
