import { type Dependency, type HealthCheck, type MountSpec, type PortSpec, plainService, type ServiceSpec } from "@dojang/model";
import type { MockSource } from "../../config/mock-sources.ts";

/**
 * Pure: mocks become services of the environment, one each, with the name of the system they play. Names inside then lead to
 * them on every runtime, services wait for them, they have a log, a drill can stop one, and what is in a specification runs
 * behind a guest's walls. A Compose service that answers to one of a mock's hosts is left out: the mock takes its place.
 */
export interface PlayedSystems {
  /** Those that are left, waiting for the mocks. */
  readonly services: readonly ServiceSpec[];
  readonly mocks: readonly PlannedMock[];
  /** For people: what is played from what, and instead of what. */
  readonly notes: readonly string[];
  /** `DOJANG_MOCK_MAIL_URL` and its like, for steps. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface PlannedMock {
  readonly source: MockSource;
  /** Every name, those of the services it replaces included. */
  readonly hosts: readonly string[];
  /** Of the outside system, without the journal's. */
  readonly ports: readonly PortSpec[];
  /** Compose services it takes the place of. */
  readonly replaces: readonly string[];
}

export interface PlayRequest {
  readonly mocks: readonly MockSource[];
  readonly services: readonly ServiceSpec[];
  /** Of the job and its steps: addresses in them name ports too. */
  readonly variables: readonly Readonly<Record<string, string>>[];
}

/** Of the journal, and of the health check: no outside system is asked here. */
export const journalPort = 61_080;
/** Where a mock sees its program, its plan and its files. */
export const mockPlaces = {
  program: "/opt/dojang/mock",
  files: "/opt/dojang/specification",
  plan: "/etc/dojang/mock/plan.json",
  certificate: "/etc/dojang/mock/certificate.pem",
  key: "/etc/dojang/mock/key.pem",
} as const;

/** Says of a service that it is a mock, and what it is played from. */
export const mockLabel = "dojang.mock";

export function playSystems({ mocks, services, variables }: PlayRequest): PlayedSystems {
  const planned = mocks.map((source) => planMock(source, services, variables));
  const owner = new Map(planned.toReversed().flatMap((mock) => mock.replaces.map((name) => [name, mock.source.name] as const)));
  return {
    services: services.filter(({ name }) => !owner.has(name)).map((service) => waitingFor(service, { planned, owner })),
    mocks: planned,
    notes: planned.map(describeMock),
    variables: Object.fromEntries(planned.map(({ source }) => [variableOf(source.name), `http://${source.name}`])),
  };
}

/** `DOJANG_MOCK_MAIL_URL`: where steps find the mock and its `/__admin`. */
export function variableOf(name: string): string {
  return `DOJANG_MOCK_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_URL`;
}

function planMock(source: MockSource, services: readonly ServiceSpec[], variables: PlayRequest["variables"]): PlannedMock {
  const names = new Set(source.hosts.map((host) => host.toLowerCase()));
  const replaced = services.filter((service) => [service.name, ...service.aliases].some((name) => names.has(name.toLowerCase())));
  const hosts = [...new Set([...source.hosts, ...replaced.flatMap((service) => [service.name, ...service.aliases])])];
  const left = services.filter((service) => !replaced.includes(service));
  const mentioned = [...left.flatMap(textsOf), ...variables].flatMap((texts) => portsIn(texts, hosts));
  const own = replaced.flatMap((service) => service.ports.filter(isTcp));
  const probed = replaced.flatMap((service) => probedPort(service.health));
  const numbers = [...new Set([80, 443, ...source.definition.ports, ...own.map(({ container }) => container), ...probed, ...mentioned])];
  const ports = numbers
    .filter((port) => port !== journalPort)
    .toSorted((a, b) => a - b)
    // What Compose published stays published: people open the mailbox of `dojang up`.
    .map((container): PortSpec => own.find((port) => port.container === container) ?? { container, protocol: "tcp" });
  return { source, hosts, ports, replaces: replaced.map(({ name }) => name) };
}

function describeMock({ source, ports, replaces }: PlannedMock): string {
  const others = replaces.filter((name) => name !== source.name);
  const instead = replaces.length === 0 ? "" : `, instead of ${others.length === 0 ? "the service of that name" : others.join(", ")}`;
  const numbers = ports.map(({ container }) => container).join(", ");
  return `${source.hosts.join(", ")} is played from ${specificationOf(source)}${instead}, on ports ${numbers}`;
}

export function specificationOf({ stubs, openapi }: MockSource): string {
  return [stubs, ...openapi].filter((path) => path !== undefined).join(", ") || "what tests inject";
}

function textsOf({ environment, program }: ServiceSpec): Readonly<Record<string, string>>[] {
  const recipe = program.kind === "build" ? program.recipe : undefined;
  const words = [...(program.entrypoint ?? []), ...(program.command ?? []), ...(recipe?.command ?? [])];
  return [environment, recipe?.environment ?? {}, { words: words.join(" ") }];
}

/** `http://mail:8025`, `mail:25`, and the port variable that goes with a host variable: MAIL_HOST=mail, MAIL_PORT=8025. */
function portsIn(texts: Readonly<Record<string, string>>, hosts: readonly string[]): number[] {
  const anyHost = hosts.map((host) => host.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const addressed = new RegExp(`(?<![\\w.-])(?:${anyHost}):(\\d{1,5})(?![\\w.-])`, "gi");
  const known = new Set(hosts.map((host) => host.toLowerCase()));
  return Object.entries(texts)
    .flatMap(([name, value]) => {
      const found = [...value.matchAll(addressed)].map(([, port]) => Number(port));
      const prefix = /^(.*?)_?(?:HOST|HOSTNAME|SERVER|ADDR|ADDRESS)$/i.exec(name)?.[1];
      if (prefix === undefined || !known.has(value.toLowerCase())) return found;
      return [...found, ...[`${prefix}_PORT`, `${prefix}PORT`].map((other) => Number(texts[other]))];
    })
    .filter((port) => Number.isInteger(port) && port > 0 && port < 65_536);
}

function probedPort(health: HealthCheck | undefined): number[] {
  return health?.probe.kind === "http" || health?.probe.kind === "tcp" ? [health.probe.port] : [];
}

function isTcp(port: PortSpec): boolean {
  return port.protocol === "tcp";
}

/** The service that plays it. `mounts` bring its program, its plan, its files and its certificate to `mockPlaces`. */
export function mockService({ source, hosts, ports }: PlannedMock, mounts: readonly MountSpec[]): ServiceSpec {
  return {
    ...plainService(source.name, {
      kind: "image",
      image: "node:24",
      // A small young generation: a mock allocates little, and there may be many.
      command: ["node", "--max-semi-space-size=1", `${mockPlaces.program}/environment.mjs`],
    }),
    aliases: hosts.filter((host) => host !== source.name),
    environment: {
      DOJANG_MOCK_PLAN: mockPlaces.plan,
      DOJANG_MOCK_FILES: mockPlaces.files,
      DOJANG_MOCK_CERTIFICATE: mockPlaces.certificate,
      DOJANG_MOCK_KEY: mockPlaces.key,
    },
    ports: [...ports, { container: journalPort, protocol: "tcp" }],
    mounts,
    health: {
      probe: { kind: "http", method: "GET", path: "/health", port: journalPort },
      intervalMs: 2_000,
      timeoutMs: 2_000,
      retries: 5,
      startPeriodMs: 20_000,
      startIntervalMs: 50,
    },
    restart: { kind: "always" },
    stop: { signal: "SIGTERM", graceMs: 2_000 },
    labels: { [mockLabel]: specificationOf(source) },
  };
}

/** What was built from source may ask as soon as it starts; databases and the like never ask a mock. */
function waitingFor(
  service: ServiceSpec,
  { planned, owner }: { readonly planned: readonly PlannedMock[]; readonly owner: ReadonlyMap<string, string> },
): ServiceSpec {
  const kept = service.dependsOn.filter((dependency) => !owner.has(dependency.service));
  const replaced = service.dependsOn.flatMap((dependency) => owner.get(dependency.service) ?? []);
  const asked = service.program.kind === "build" ? planned.map(({ source }) => source.name) : [];
  const mocks = [...new Set([...replaced, ...asked])].map((name): Dependency => ({ service: name, condition: "healthy", required: true }));
  return { ...service, dependsOn: [...kept, ...mocks] };
}
