import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type EnvironmentSpec, nameAdvice, Problem, type ServiceSpec, type Step } from "@dojang/model";
import { runSteps, type StepResult } from "../environments/run-steps.ts";
import { withServicePreload } from "../environments/service-preload.ts";
import type { ResolvedRelease } from "./resolved-release.ts";
import { planned } from "./run-in-release.ts";
import type { Site } from "./site.ts";
import type { SiteContext } from "./site-context.ts";
import { siteSpecFacts, startSiteEnvironment, stopSiteEnvironment } from "./site-environment.ts";
import { siteRouter } from "./site-router.ts";
import { tcpPorts } from "./site-services.ts";
import { commonSpec, dataServices } from "./site-spec.ts";

export interface ThrowawayOptions {
  readonly release: ResolvedRelease;
  /** Folders that are its volumes, by name: copies, for they are written to. A volume that is not named is empty and goes with it. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Data services as they are to be started on the volumes, where that differs (a restore). */
  readonly dataServices?: readonly ServiceSpec[];
  /** Win over the site's. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A copy of a site that nobody else knows: its data on other folders, its services on other addresses. Disposing of it removes all of it but the folders. */
export interface Throwaway extends AsyncDisposable {
  readonly environmentId: string;
  readonly services: readonly ServiceSpec[];
  /** Starts services, those they depend on before them; nothing runs before it is asked for. */
  bringUp(services: readonly string[]): Promise<void>;
  takeDown(services: readonly string[]): Promise<void>;
  /** `http://127.77.0.1:8000` of a service that was brought up. */
  url(service: string, port?: number): Promise<string>;
  /** Starts what visitors reach; resolves with an address that answers with the site's routes. */
  openSite(): Promise<string>;
  /** In the release's workspace or its services, with the variables of the release and of `openThrowaway`. */
  runSteps(
    steps: readonly Step[],
    options?: { readonly variables?: Readonly<Record<string, string>>; readonly job?: string },
  ): Promise<readonly StepResult[]>;
}

export async function openThrowaway(context: SiteContext, site: Site, options: ThrowawayOptions): Promise<Throwaway> {
  const { release: resolved } = options;
  const facts = await siteSpecFacts(context, site, resolved);
  const services = [...(options.dataServices ?? dataServices(facts)), ...resolved.services.release].map((service) => ({
    ...service,
    environment: { ...service.environment, ...options.variables },
  }));
  const id = `${site.id}-t${randomBytes(3).toString("hex")}`;
  const common = commonSpec(
    facts,
    services.map((service) => withServicePreload(service, context.preloadDirectory)),
  );
  const spec: EnvironmentSpec = {
    ...common,
    id,
    kind: "preview",
    keptVolumes: Object.fromEntries(Object.entries(options.volumes).filter(([volume]) => common.volumes.includes(volume))),
    workspace: resolved.workspace,
  };
  const teardown = new AsyncDisposableStack();
  teardown.defer(() => stopSiteEnvironment(context, id));
  try {
    await startSiteEnvironment(context, { site, spec, resolved, held: services.map(({ name }) => name), role: "throwaway", keep: false });
  } catch (error) {
    await teardown.disposeAsync();
    throw error;
  }
  const bringUp = async (names: readonly string[]) => {
    for (const name of withDependencies(names, spec.services)) {
      await context.runtime.bringUp(id, name, { signal: context.signal });
      if (spec.services.some((other) => other.dependsOn.some((one) => one.service === name && one.condition === "completed")))
        await completed(context, { id, name, timeoutMs: spec.startTimeoutMs });
    }
  };
  const url = async (name: string, port?: number) => {
    const service = spec.services.find((one) => one.name === name);
    const target = service && (await context.runtime.address(id, name, port ?? tcpPorts(service)[0] ?? 0));
    if (target !== undefined) return `http://${target.host}:${target.port}`;
    throw new Problem({
      code: service === undefined ? "unknown-service" : "unknown-port",
      message: `${name} of ${id} ${service === undefined ? "is no service" : `has no port ${port ?? ""}`}`,
      fix:
        service === undefined
          ? nameAdvice(
              name,
              spec.services.map((one) => one.name),
              "services",
            )
          : `use one of ${tcpPorts(service).join(", ")}`,
      exit: "configuration",
    });
  };
  return {
    environmentId: id,
    services: spec.services,
    bringUp,
    url,
    async takeDown(names) {
      for (const name of [...withDependents(names, spec.services)]) await context.runtime.takeDown(id, name, { signal: context.signal });
    },
    async openSite() {
      const { routes } = resolved.services;
      await bringUp(routes.map(({ service }) => service));
      const targets = await Promise.all(routes.map(async (route) => ({ ...route, url: await url(route.service, route.port) })));
      const router = await siteRouter({ routes: targets, host: site.definition.site.hosts[0] ?? "localhost" });
      teardown.use(router);
      return router.url;
    },
    runSteps(steps, { variables = {}, job = "throwaway" } = {}) {
      const own = { ...options.variables, ...variables };
      const about = { runtime: context.runtime, environmentId: id, job, signal: context.signal };
      return runSteps(planned(steps, resolved, own), { ...about, emit: (event) => context.emit?.(event) });
    },
    [Symbol.asyncDispose]: () => teardown.disposeAsync(),
  };
}

/** Others wait for it to have done its work. */
async function completed(
  context: SiteContext,
  task: { readonly id: string; readonly name: string; readonly timeoutMs: number },
): Promise<void> {
  const { id, name, timeoutMs } = task;
  const deadline = AbortSignal.timeout(timeoutMs);
  for (;;) {
    const seen = (await context.runtime.inspect(id))?.services.find((service) => service.name === name);
    if (seen?.state === "exited" && seen.exitCode === 0) return;
    if (deadline.aborted || seen === undefined || seen.state === "exited") {
      throw new Problem({
        code: deadline.aborted ? "start-timeout" : "service-exited",
        message: `service ${name} of ${id} ${deadline.aborted ? `did not complete within ${timeoutMs} ms` : `ended with ${seen?.exitCode ?? "no code"}`}`,
        fix: `read its log; others wait for it to end with 0`,
        exit: "infrastructure",
      });
    }
    await wait(50, undefined, { signal: context.signal });
  }
}

/** Each once, what it depends on before it. */
function withDependencies(names: readonly string[], services: readonly ServiceSpec[]): readonly string[] {
  const ordered: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (ordered.includes(name) || path.includes(name)) return;
    for (const one of services.find((service) => service.name === name)?.dependsOn ?? []) visit(one.service, [...path, name]);
    ordered.push(name);
  };
  for (const name of names) visit(name, []);
  return ordered;
}

/** Each once, what depends on it before it. */
function withDependents(names: readonly string[], services: readonly ServiceSpec[]): readonly string[] {
  const all = withDependencies(
    services.map(({ name }) => name),
    services,
  );
  const taken = new Set(names);
  for (const name of all) {
    if (services.find((service) => service.name === name)?.dependsOn.some((one) => taken.has(one.service))) taken.add(name);
  }
  return all.filter((name) => taken.has(name)).reverse();
}
