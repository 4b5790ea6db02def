import type { ComposeService, Dependency, Limits, PortSpec, ProgramSpec, RestartPolicy, ServiceSpec } from "@dojang/model";
import { type ReadBuild, readBuild } from "./build-recipe.ts";
import type { ComposeContext } from "./compose-context.ts";
import { serviceEnvironment } from "./compose-environment.ts";
import { serviceMounts } from "./compose-mounts.ts";
import { chooseHealth } from "./health-probe.ts";
import { withoutOwnSource } from "./own-source.ts";

export interface ComposeServices {
  readonly services: readonly ServiceSpec[];
  readonly volumes: readonly string[];
}

/** Every service of the file that no profile leaves out, as a runtime takes it. */
export function composeServices(context: ComposeContext): ComposeServices {
  const services = Object.entries(context.file.services)
    .filter(([name, service]) => takesPart(name, service, context))
    .flatMap(([name, service]): ServiceSpec[] => {
      const spec = serviceSpec(name, service, context);
      return spec === undefined ? [] : [spec];
    });
  const used = services.flatMap(({ mounts }) => mounts.flatMap((mount) => (mount.kind === "volume" ? [mount.volume] : [])));
  const known = new Set(services.filter(tellsReadiness).map(({ name }) => name));
  const ready = services.map((service) => ({ ...service, dependsOn: service.dependsOn.map((one) => untilReady(one, known)) }));
  return { services: ready.map((service) => withLinkAliases(service, context)), volumes: [...new Set(used)] };
}

/** Services of a profile are not part of the system under test, nor are those scaled to nothing. */
export function takesPart(name: string, service: ComposeService, context?: Pick<ComposeContext, "report">): boolean {
  const replicas = service.scale ?? service.deploy?.replicas ?? 1;
  if (service.profiles !== undefined && service.profiles.length > 0) {
    context?.report({
      severity: "note",
      code: "profile-left-out",
      path: ["services", name, "profiles"],
      message: `the service ${name} is left out: it belongs to the profile ${service.profiles.join(", ")}`,
      fix: "remove `profiles` if the tests need it",
    });
    return false;
  }
  if (replicas === 0) {
    context?.report({
      severity: "note",
      code: "scaled-to-none",
      path: ["services", name],
      message: `the service ${name} is left out: it has 0 replicas`,
      fix: "give it one replica if the tests need it",
    });
  }
  return replicas !== 0;
}

function serviceSpec(name: string, service: ComposeService, context: ComposeContext): ServiceSpec | undefined {
  const recipe = context.recipes[name];
  const program = programOf(name, ...asBuilt(name, service, context));
  if (program === undefined) return undefined;
  const image = program.image;
  const mounts = serviceMounts(name, service, context);
  const ports = portsOf(service, [...(image?.ports ?? []), ...(recipe?.port === undefined ? [] : [recipe.port])]);
  const healthPort = recipe?.port ?? ports.find(({ protocol }) => protocol === "tcp")?.container;
  const health = chooseHealth({ compose: service.healthcheck, image: image?.health, recipe, port: healthPort });
  if (recipe?.health !== undefined && healthPort === undefined) {
    context.report({
      code: "health-without-port",
      path: ["services", name],
      message: `services.${name}.health of dojang.yml has no port to ask`,
      fix: `add \`port:\` to services.${name} in dojang.yml`,
    });
  }
  const user = service.user ?? image?.user;
  const workingDirectory = service.working_dir ?? image?.workingDirectory;
  return {
    name,
    aliases: aliasesOf(name, service),
    program: program.spec,
    environment: serviceEnvironment(name, service, context),
    ports,
    mounts: program.spec.kind === "build" ? withoutOwnSource(name, { program: program.spec, mounts, report: context.report }) : mounts,
    dependsOn: dependenciesOf(service),
    ...(health !== undefined && { health }),
    restart: restartOf(service),
    limits: limitsOf(service),
    stop: { signal: service.stop_signal ?? image?.stopSignal ?? "SIGTERM", graceMs: service.stop_grace_period ?? 10_000 },
    // `${UID}:${GID}` without values is ":", which asks for nobody in particular.
    ...(user !== undefined && !/^:?$/.test(user) && { user }),
    ...(workingDirectory !== undefined && { workingDirectory }),
    readOnly: service.read_only,
    extraHosts: extraHostsOf(name, service, context),
    labels: Object.fromEntries(Object.entries(service.labels ?? {}).map(([key, value]) => [key, value ?? ""])),
  };
}

/**
 * `image: app` without `build:` beside another service that builds `image: app` runs what that one builds: Compose makes the
 * image once and gives it to both. Its recipe in dojang.yml then says how it is built, and not what starts it.
 */
function asBuilt(name: string, service: ComposeService, context: ComposeContext): [ComposeService, ComposeContext] {
  if (service.build !== undefined || service.image === undefined) return [service, context];
  const builder = Object.entries(context.file.services).find(([, { build, image }]) => build !== undefined && image === service.image);
  if (builder === undefined) return [service, context];
  const { build, directory, context: folder, language, egress } = context.recipes[builder[0]] ?? {};
  const shared = Object.entries({ build, directory, context: folder, language, egress }).filter(([, value]) => value !== undefined);
  const recipe = { ...Object.fromEntries(shared), ...context.recipes[name] };
  return [
    { ...service, build: builder[1].build },
    { ...context, recipes: { ...context.recipes, [name]: recipe } },
  ];
}

function programOf(name: string, service: ComposeService, context: ComposeContext): { spec: ProgramSpec; image?: ReadBuild } | undefined {
  const overrides = {
    ...(service.entrypoint !== undefined && { entrypoint: service.entrypoint }),
    ...(service.command !== undefined && { command: service.command }),
  };
  const recipe = context.recipes[name];
  const fromSource = recipe?.command !== undefined && service.build === undefined;
  if (service.build !== undefined || fromSource) {
    const build = readBuild(name, service, context);
    return build === undefined ? undefined : { spec: { ...build.program, ...overrides }, image: build };
  }
  if (service.image !== undefined) {
    if (recipe?.build !== undefined || recipe?.directory !== undefined || recipe?.context !== undefined) {
      context.report({
        code: "recipe-without-command",
        path: ["services", name, "image"],
        message: `services.${name} of dojang.yml says how to build it, yet it has an image and no command`,
        fix: `add \`command:\` to services.${name} in dojang.yml to run it from source, or remove \`build\``,
      });
    }
    return { spec: { kind: "image", image: service.image, ...overrides } };
  }
  context.report({
    code: "no-program",
    path: ["services", name],
    key: true,
    message: `the service ${name} has neither \`image\` nor \`build\``,
    fix: "add one of them",
  });
  return undefined;
}

function portsOf(service: ComposeService, others: readonly number[]): PortSpec[] {
  const ports = new Map<string, PortSpec>();
  const add = (port: PortSpec) => {
    const key = `${port.container}/${port.protocol}`;
    if (!ports.has(key)) ports.set(key, port);
  };
  for (const { container, published, protocol } of service.ports ?? [])
    add({ container, ...(published !== undefined && { published }), protocol });
  for (const { container, protocol } of service.expose ?? []) add({ container, protocol });
  for (const container of others) add({ container, protocol: "tcp" });
  return [...ports.values()];
}

function aliasesOf(name: string, service: ComposeService): string[] {
  const networkAliases = Object.values(service.networks ?? {}).flat();
  const aliases = [service.container_name, service.hostname, ...networkAliases].filter(
    (alias) => alias !== undefined && alias !== name && alias !== "",
  );
  // The filter above leaves text only; the type of filter() does not follow three conditions.
  return [...new Set(aliases as string[])];
}

/** `host-gateway` is the machine itself, which no environment reaches. */
function extraHostsOf(name: string, service: ComposeService, { report }: ComposeContext): Record<string, string> {
  const hosts = Object.entries(service.extra_hosts ?? {});
  for (const [host] of hosts.filter(([, address]) => address === "host-gateway")) {
    report({
      severity: "warning",
      code: "host-gateway",
      path: ["services", name, "extra_hosts"],
      message: `${host} is left out: it leads to the machine itself, which an environment cannot reach`,
      fix: "make what listens there a service, or a mock",
    });
  }
  return Object.fromEntries(hosts.filter(([, address]) => address !== "host-gateway"));
}

/** A link gives the service it names a further name; here every service sees it. */
function withLinkAliases(service: ServiceSpec, { file }: ComposeContext): ServiceSpec {
  const links = Object.values(file.services).flatMap(({ links }) => links ?? []);
  const aliases = links.flatMap((link) => {
    const [target, alias] = link.split(":");
    return target === service.name && alias !== undefined && alias !== service.name ? [alias] : [];
  });
  return aliases.length === 0 ? service : { ...service, aliases: [...new Set([...service.aliases, ...aliases])] };
}

/** Images whose readiness a runtime knows without a check in the file. */
export const imagesWithOwnHealth = /(^|\/)(postgres|postgis|redis|valkey|mysql|mariadb|nginx|mailhog|mailpit|maildev)(:|@|$)/;

function tellsReadiness({ program, health }: ServiceSpec): boolean {
  return program.kind === "image" && health === undefined && imagesWithOwnHealth.test(program.image);
}

/**
 * `depends_on: [db]` asks that the database be started, and most programs then count on the seconds that a container takes.
 * Here it starts at once, so whoever depends on it waits until it can be used.
 */
function untilReady(dependency: Dependency, known: ReadonlySet<string>): Dependency {
  return dependency.condition === "started" && known.has(dependency.service) ? { ...dependency, condition: "healthy" } : dependency;
}

const conditions = { service_started: "started", service_healthy: "healthy", service_completed_successfully: "completed" } as const;

function dependenciesOf(service: ComposeService): Dependency[] {
  const written = Object.entries(service.depends_on ?? {}).map(
    ([name, { condition, required }]): Dependency => ({ service: name, condition: conditions[condition], required }),
  );
  const linked = (service.links ?? [])
    .map((link) => link.split(":")[0] ?? link)
    .filter((name) => !written.some((one) => one.service === name));
  return [...written, ...[...new Set(linked)].map((name): Dependency => ({ service: name, condition: "started", required: true }))];
}

function restartOf(service: ComposeService): RestartPolicy {
  const policy = service.deploy?.restart_policy;
  if (service.restart !== undefined) return service.restart;
  if (policy === undefined || policy.condition === "none") return { kind: "no" };
  if (policy.condition === "any") return { kind: "always" };
  return { kind: "on-failure", ...(policy.max_attempts !== undefined && { maxRetries: policy.max_attempts }) };
}

function limitsOf(service: ComposeService): Limits {
  const deployed = service.deploy?.resources?.limits;
  const memoryBytes = deployed?.memory ?? service.mem_limit;
  const cpus = deployed?.cpus ?? service.cpus;
  const pids = deployed?.pids ?? service.pids_limit;
  // Docker takes 0 and -1 for "no limit".
  return {
    ...(memoryBytes !== undefined && memoryBytes > 0 && { memoryBytes }),
    ...(cpus !== undefined && cpus > 0 && { cpus }),
    ...(pids !== undefined && pids > 0 && { pids }),
  };
}
