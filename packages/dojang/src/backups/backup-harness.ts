import { chmod, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { backupPlan, type EnvironmentSpec, type ServiceSpec } from "@dojang/model";
import { HostRuntime } from "@dojang/runtime";
import type pg from "pg";
import type { z } from "zod";
import { newId } from "../store/id.ts";
import { openTestStore } from "../store/test-store.ts";
import { type BackupContext, siteFolder } from "./backup-context.ts";
import { openPostgres, type PostgresServer } from "./postgres-connection.ts";

/** For tests: a site with data services that really run, each with one volume kept outside of its environment. */
export interface BackupSite {
  readonly home: string;
  /** `<home>/sites/<site>`. */
  readonly folder: string;
  readonly context: BackupContext;
  with(changes: Partial<BackupContext>): BackupContext;
  start(services: readonly ServiceSpec[]): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
}

export type PlanInput = z.input<typeof backupPlan>;

export async function openBackupSite(services: readonly ServiceSpec[], plan: Partial<PlanInput> = {}): Promise<BackupSite> {
  const opened = await openTestStore();
  const { home, store } = opened;
  const runtime = new HostRuntime({ home });
  // Of its own: addresses of services are made of the names of their environments, and tests run beside each other.
  const site = `todo-${newId()}`;
  const environmentId = `${site}-data`;
  const context: BackupContext = {
    ...{ store, runtime, site, environmentId, services },
    project: "todo",
    plan: backupPlan.parse({ services: services.map((service) => service.name), ...plan }),
    volumeFolder: liveVolumeFolder(home, site),
    variables: {},
    signal: new AbortController().signal,
  };
  await mkdir(join(home, "sites"), { recursive: true });
  await chmod(join(home, "sites"), 0o711);
  const stop = async () => await runtime.stop(environmentId);
  return {
    home,
    folder: siteFolder(home, site),
    context,
    with: (changes) => ({ ...context, ...changes }),
    async start(started) {
      const volumes = started.flatMap((service) => service.mounts.flatMap((mount) => (mount.kind === "volume" ? [mount.volume] : [])));
      for (const volume of volumes) {
        const shelf = join(siteFolder(home, site), "volumes", volume);
        await mkdir(join(shelf, "first"), { recursive: true, mode: 0o711 });
        await symlink("first", join(shelf, "current")).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "EEXIST") throw error;
        });
      }
      await runtime.start(specOf(environmentId, started, Object.fromEntries(volumes.map((name) => [name, context.volumeFolder(name)]))), {
        signal: context.signal,
        images: {},
      });
    },
    stop,
    async close() {
      for (const { id } of await runtime.list()) await runtime.stop(id);
      await opened.close();
    },
  };
}

/** `<site folder>/volumes/<volume>/current`, a link to the generation that is live. */
export function liveVolumeFolder(home: string, site: string): (volume: string) => string {
  return (volume) => join(siteFolder(home, site), "volumes", volume, "current");
}

function specOf(id: string, services: readonly ServiceSpec[], keptVolumes: Readonly<Record<string, string>>): EnvironmentSpec {
  return {
    ...{ id, services, keptVolumes },
    project: "todo",
    kind: "production",
    volumes: Object.keys(keptVolumes),
    egress: { kind: "none" },
    extraHosts: {},
    trusted: true,
    limits: {},
    startTimeoutMs: 60_000,
  };
}

export function dataService(name: string, image: string, more: Partial<ServiceSpec> & { readonly target: string }): ServiceSpec {
  const { target, ...rest } = more;
  return {
    name,
    program: { kind: "image", image },
    aliases: [],
    environment: {},
    ports: [],
    mounts: [{ kind: "volume", volume: `${name}-data`, target, readOnly: false }],
    dependsOn: [],
    restart: { kind: "always" },
    limits: {},
    stop: { signal: "SIGTERM", graceMs: 10_000 },
    readOnly: false,
    extraHosts: {},
    labels: {},
    ...rest,
  };
}

export const postgresService = dataService("postgres", "postgres:16-alpine", {
  target: "/var/lib/postgresql/data",
  environment: { POSTGRES_USER: "todo", POSTGRES_PASSWORD: "it's secret", POSTGRES_DB: "todo" },
});

/** Runs SQL in the live database of a site, or of another environment. */
export async function withPostgres<T>(
  context: BackupContext,
  work: (client: pg.Client, server: PostgresServer) => Promise<T>,
  environmentId = context.environmentId,
): Promise<T> {
  const service = context.services.find((one) => one.name === "postgres") ?? postgresService;
  await using server = await openPostgres({ runtime: context.runtime, environmentId, service, signal: context.signal });
  return await work(await server.connect(undefined, { asEverybody: true }), server);
}
