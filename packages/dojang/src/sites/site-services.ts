import { nameAdvice, Problem, type ServiceSpec } from "@dojang/model";
import { imageLayout, parseImageName } from "@dojang/runtime";
import type { LoadedProject } from "../config/load-project.ts";
import type { SiteEnvironment } from "./site.ts";

/** Which services live in a site, and how. */
export interface SiteServices {
  /** Go on across releases, in one environment. */
  readonly data: readonly ServiceSpec[];
  /** Come and go with each release. */
  readonly release: readonly ServiceSpec[];
  /** Services of the release that nobody connects to (workers) of which two releases must never run one at once. */
  readonly solo: readonly string[];
  readonly leftOut: readonly string[];
  /** By route, in their order: where it leads. */
  readonly routes: readonly RouteTarget[];
  /** What people should know. */
  readonly notes: readonly string[];
}

export interface RouteTarget {
  readonly path: string;
  readonly service: string;
  readonly port: number;
  readonly strip: boolean;
}

/** Databases, caches and queues: what others keep in them must not go with a release. */
const keepers = new Set(
  "postgres postgresql postgis timescaledb pgvector mysql mariadb percona mongo mongodb redis valkey keydb dragonfly memcached rabbitmq nats kafka redpanda zookeeper elasticsearch opensearch meilisearch typesense clickhouse clickhouse-server influxdb cassandra couchdb minio etcd".split(
    " ",
  ),
);

/** Pure. Throws Problem `site-services-invalid` with everything that is wrong at once. */
export function siteServices(project: Pick<LoadedProject, "services">, definition: SiteEnvironment, environment: string): SiteServices {
  const { leaveOut, keep, overlap } = definition.services;
  const wrong: Wrong[] = [];
  const all = project.services.map(({ name }) => name);
  for (const [key, names] of Object.entries({ "leave-out": leaveOut, keep: keep ?? [], overlap }))
    for (const name of names) {
      if (!all.includes(name))
        wrong.push({ message: `services.${key} names "${name}", which is no service`, fix: nameAdvice(name, all, "services") });
    }
  const living = project.services.filter(({ name }) => !leaveOut.includes(name));
  const isData = (service: ServiceSpec) => (keep === undefined ? keepsSomething(service) : keep.includes(service.name));
  const data = living.filter(isData);
  const release = living.filter((service) => !isData(service));
  wrong.push(...wrongDependencies({ living, data, release, leaveOut }));
  const routes = definition.site.routes.map((route): RouteTarget | undefined => {
    const answer = routeTarget(route, { all, leaveOut, data, release, isChosen: keep !== undefined });
    if ("port" in answer) return { path: route.path, service: route.to, port: answer.port, strip: route.strip };
    wrong.push(answer);
    return undefined;
  });
  if (wrong.length > 0) throw invalid(wrong, environment);
  const reached = reachedFrom(
    definition.site.routes.map(({ to }) => to),
    release,
  );
  return {
    data,
    release,
    solo: release.map(({ name }) => name).filter((name) => !reached.has(name) && !overlap.includes(name)),
    leftOut: leaveOut,
    routes: routes.filter((route) => route !== undefined),
    notes: release.filter(staysDown).map(({ name }) => `${name} stays down when it ends: \`restart: unless-stopped\` would start it again`),
  };
}

interface Wrong {
  readonly message: string;
  readonly fix: string;
}

function keepsSomething(service: ServiceSpec): boolean {
  if (service.mounts.some((mount) => mount.kind === "volume" && !mount.readOnly)) return true;
  if (service.program.kind !== "image") return false;
  return keepers.has(parseImageName(service.program.image).program);
}

/** Where an image keeps its data, for a service that gives no volume for it; undefined for one that keeps none that we know of. */
export function unmountedData(service: ServiceSpec): string | undefined {
  if (service.program.kind !== "image" || !keepers.has(parseImageName(service.program.image).program)) return undefined;
  const target = imageLayout(service.program.image)?.dataTarget;
  if (target === undefined) return undefined;
  const isMounted = service.mounts.some((mount) => target === mount.target || target.startsWith(`${mount.target}/`));
  return isMounted ? undefined : target;
}

function wrongDependencies(given: {
  readonly living: readonly ServiceSpec[];
  readonly data: readonly ServiceSpec[];
  readonly release: readonly ServiceSpec[];
  readonly leaveOut: readonly string[];
}): Wrong[] {
  const { living, data, release, leaveOut } = given;
  const needs = (service: ServiceSpec) => service.dependsOn.filter(({ required }) => required).map((one) => one.service);
  const absent = living.flatMap((service) =>
    needs(service)
      .filter((name) => leaveOut.includes(name))
      .map((name) => ({
        message: `${service.name} depends on ${name}, which is left out`,
        fix: `leave ${service.name} out too, or remove ${name} from its depends_on`,
      })),
  );
  const backwards = data.flatMap((service) =>
    needs(service)
      .filter((name) => release.some((other) => other.name === name))
      .map((name) => ({
        message: `${service.name} is kept across releases, yet depends on ${name}, which comes and goes with each`,
        fix: `name ${name} under services.keep too, or remove it from depends_on of ${service.name}`,
      })),
  );
  return [...absent, ...backwards];
}

function routeTarget(
  route: SiteEnvironment["site"]["routes"][number],
  known: {
    readonly all: readonly string[];
    readonly leaveOut: readonly string[];
    readonly data: readonly ServiceSpec[];
    readonly release: readonly ServiceSpec[];
    readonly isChosen: boolean;
  },
): { readonly port: number } | Wrong {
  const { path, to } = route;
  const service = known.release.find(({ name }) => name === to);
  if (service === undefined) {
    if (known.leaveOut.includes(to))
      return { message: `route ${path} leads to ${to}, which is left out`, fix: `remove the route, or take ${to} out of leave-out` };
    if (!known.all.includes(to))
      return { message: `route ${path} leads to "${to}", which is no service`, fix: nameAdvice(to, known.all, "services") };
    return {
      message: `route ${path} leads to ${to}, which is kept across releases and so could not be replaced without a gap`,
      fix: known.isChosen
        ? `take ${to} out of services.keep`
        : `list what is to be kept under services.keep, without ${to}: both releases then share its volume while one takes over from the other`,
    };
  }
  const ports = tcpPorts(service);
  const [only] = ports;
  if (only === undefined)
    return {
      message: `route ${path} leads to ${to}, which has no port`,
      fix: `add \`port:\` to services.${to} of dojang.yml, or \`expose:\` in the Compose file`,
    };
  if (route.port !== undefined && !ports.includes(route.port)) {
    return { message: `route ${path} leads to port ${route.port} of ${to}, which has ${ports.join(", ")}`, fix: "correct the port" };
  }
  if (route.port === undefined && ports.length > 1) {
    return { message: `route ${path} leads to ${to}, which has the ports ${ports.join(", ")}`, fix: `add \`port:\` to the route` };
  }
  return { port: route.port ?? only };
}

export function tcpPorts(service: Pick<ServiceSpec, "ports">): readonly number[] {
  return [...new Set(service.ports.filter(({ protocol }) => protocol === "tcp").map(({ container }) => container))];
}

/** The services that a visitor's request may come to: by depends_on, or by an address in a variable. */
function reachedFrom(first: readonly string[], services: readonly ServiceSpec[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const pending = [...first];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const service = services.find((one) => one.name === name);
    if (service === undefined || reached.has(name)) continue;
    reached.add(name);
    pending.push(
      ...service.dependsOn.map((one) => one.service),
      ...services.filter((other) => addresses(service, other)).map((other) => other.name),
    );
  }
  return reached;
}

/** `http://api:8000`, `api:8000`, `host=api` in a variable. */
function addresses(service: ServiceSpec, other: ServiceSpec): boolean {
  const names = [other.name, ...other.aliases].map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const inText = new RegExp(`(?:^|[/@=,\\s])(?:${names})(?::\\d+|[/?#]|$)`);
  return Object.entries(service.environment).some(
    ([name, value]) =>
      (/(_|^)(HOST|URL|URI|ADDR|ADDRESS|ENDPOINT|SERVER|DSN|UPSTREAM)S?$/i.test(name) || value.includes(":")) && inText.test(value),
  );
}

/** Whoever waits for it to complete wants it to end. */
function staysDown(service: ServiceSpec, _index: number, services: readonly ServiceSpec[]): boolean {
  const isAwaited = services.some((other) => other.dependsOn.some((one) => one.service === service.name && one.condition === "completed"));
  return service.restart.kind === "no" && !isAwaited;
}

function invalid(wrong: readonly Wrong[], environment: string): Problem {
  const place = { file: "dojang.yml", path: `environments.${environment}` };
  return new Problem({
    code: "site-services-invalid",
    message: `${environment} cannot be deployed to: ${wrong.map(({ message }) => message).join("; ")}`,
    fix: wrong.map(({ fix }) => fix).join("; "),
    exit: "configuration",
    place,
    findings: wrong.map(({ message, fix }) => ({ severity: "error", code: "site-services-invalid", place, message, fix })),
  });
}
