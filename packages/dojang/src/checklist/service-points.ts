import type { ServiceSpec } from "@dojang/model";
import { type ChecklistFinding, isDataStore, isSqlDatabase, type Looked, programOf } from "./checklist-point.ts";
import { secretStrength } from "./secret-strength.ts";

/** How services run: debugging, health, passwords of databases, memory, images. */
export function checkServices(looked: Looked): readonly ChecklistFinding[] {
  return [
    ...checkDebug(looked),
    ...checkHealth(looked),
    ...looked.services.filter(isDataStore).map((service) => checkDatabasePassword(looked, service)),
    checkPublished(looked),
    checkImages(looked),
    checkMemory(looked),
  ];
}

const debugWhy = "in debugging mode programs show their source, their variables and their data to whoever causes an error, and are slower";
const off = /^(0|false|no|off|none|)$/i;

function checkDebug({ services, point }: Looked): readonly ChecklistFinding[] {
  const findings = services.flatMap((service) => {
    const here = (variable: string) => point(`debug:${service.name}.${variable}`, debugWhy, "%.values");
    const fix = (variable: string, value: string) => `set ${variable} of ${service.name} to ${value} in this environment`;
    const env = { ...(service.program.kind === "build" ? service.program.recipe.environment : {}), ...service.environment };
    const found: ChecklistFinding[] = [];
    const isNode = service.program.kind === "build" && service.program.recipe.language === "node";
    if (env.NODE_ENV !== undefined && env.NODE_ENV !== "production") {
      found.push(here("NODE_ENV").fail(`NODE_ENV is ${JSON.stringify(env.NODE_ENV)}`, fix("NODE_ENV", "production")));
    } else if (env.NODE_ENV === undefined && isNode) {
      found.push(here("NODE_ENV").warn("NODE_ENV is not set: most libraries then take it for development", fix("NODE_ENV", "production")));
    }
    for (const variable of ["DEBUG", "FLASK_DEBUG", "DJANGO_DEBUG", "APP_DEBUG", "RAILS_DEBUG"]) {
      const value = env[variable];
      if (value !== undefined && !off.test(value))
        found.push(here(variable).fail(`${variable} is ${JSON.stringify(value)}`, fix(variable, "false, or leave it out")));
    }
    if (/^(debug|development)$/i.test(env.FLASK_ENV ?? ""))
      found.push(here("FLASK_ENV").fail(`FLASK_ENV is ${env.FLASK_ENV}`, fix("FLASK_ENV", "production")));
    if (/^(debug|trace|silly|verbose)$/i.test(env.LOG_LEVEL ?? "")) {
      found.push(here("LOG_LEVEL").warn(`LOG_LEVEL is ${env.LOG_LEVEL}: what users type ends up in logs`, fix("LOG_LEVEL", "info")));
    }
    return found;
  });
  return findings.length > 0 ? findings : [point("debug", debugWhy, "%.values").ok(`${services.length} services, none in debugging mode`)];
}

const healthWhy = "without a health check a service that hangs is taken for one that works, at a deployment and after it";

function checkHealth({ services, definition, point }: Looked): readonly ChecklistFinding[] {
  const routed = new Set((definition.site?.routes ?? []).map(({ to }) => to));
  const findings = services
    .filter(({ name }) => routed.has(name))
    .map((service) => {
      const here = point(`health:${service.name}`, healthWhy, `services.${service.name}.health`);
      if (service.health !== undefined) return here.ok(`${service.name} has one`);
      return here.fail(`${service.name} answers people and has none`, `add for example health: GET /health under services.${service.name}`);
    });
  const site = point("health-site", "the page at / may answer while everything behind it is broken", "%.site.health");
  if (definition.site === undefined) return findings;
  const { method, target } = definition.site.health;
  const own =
    target === "/"
      ? site.warn(`${method} / is asked`, "name an address that looks at the database too: health: GET /health")
      : site.ok(`${method} ${target}`);
  return [...findings, own];
}

const passwordWhy = "a database with a well-known password, or none, belongs to whoever gets into any other service";

function checkDatabasePassword({ point, values, definition }: Looked, service: ServiceSpec): ChecklistFinding {
  const here = point(`database-password:${service.name}`, passwordWhy, "%.secrets");
  const { environment } = service;
  const fix = `put it into secrets, and into the Compose file as \${NAME:?} without a fallback`;
  if (environment.POSTGRES_HOST_AUTH_METHOD === "trust")
    return here.fail("POSTGRES_HOST_AUTH_METHOD is trust: no password is asked", "remove it, and set POSTGRES_PASSWORD from a secret");
  const empty = Object.keys(environment).find(
    (name) => /^(MYSQL|MARIADB)_ALLOW_EMPTY_(ROOT_)?PASSWORD$/.test(name) && !off.test(environment[name] ?? ""),
  );
  if (empty !== undefined) return here.fail(`${empty} is set`, `remove it, and set the password from a secret`);
  const passwords = Object.entries(environment).filter(([name]) => /PASSWORD$/.test(name) && !/RANDOM/.test(name));
  if (passwords.length === 0 && isSqlDatabase(service))
    return here.unknown("no variable gives it a password", "see how it comes to its password");
  if (passwords.length === 0) {
    const words = (service.program.command ?? []).join(" ");
    if (/--requirepass\s+\S/.test(words)) return here.ok("its command asks for a password");
    return here.warn(
      `${programOf(service)} asks no password: every process of the machine that reaches it can read and delete`,
      "give it --requirepass from a secret",
    );
  }
  const secrets = new Set(definition.secrets.map((name) => values[name]));
  for (const [name, value] of passwords) {
    const { weakness } = secretStrength(value);
    if (weakness !== undefined) return here.fail(`${name}: ${weakness}`, fix);
    if (!secrets.has(value)) return here.warn(`${name} is strong, but no secret of this environment: it is written in a file`, fix);
  }
  return here.ok(`${passwords.map(([name]) => name).join(", ")} from secrets`);
}

function checkPublished({ services, point }: Looked): ChecklistFinding {
  const here = point("database-ports", "a database that listens to the outside is found and tried within hours", "services");
  const published = services
    .filter(isDataStore)
    .flatMap(({ name, ports }) => ports.filter((port) => port.published !== undefined).map((port) => `${name}:${port.published}`));
  if (published.length === 0) return here.ok("no database publishes a port");
  const fix = "take `ports` of these services out of the Compose file; others reach them by name without";
  return here.warn(`published: ${published.join(", ")} (sites of Dojang do not open them; docker compose up does)`, fix);
}

function checkImages({ services, point }: Looked): ChecklistFinding {
  const here = point("image-tags", "`latest` is another program tomorrow: what was tested is not what runs", "services");
  const loose = services.flatMap(({ name, program }) => {
    if (program.kind !== "image" || program.image.includes("@sha256:")) return [];
    const tag = /:([^:/]+)$/.exec(program.image)?.[1];
    return tag === undefined || tag === "latest" ? [`${name} (${program.image})`] : [];
  });
  return loose.length === 0
    ? here.ok("every image has a version")
    : here.warn(loose.join(", "), "name a version, such as postgres:16-alpine");
}

const keptForSystemBytes = 512 * 1024 * 1024;

function checkMemory({ services, facts, point }: Looked): ChecklistFinding {
  const here = point("memory", "when memory runs out the system ends any process it likes, often the database", "services");
  const without = services.filter(({ limits }) => limits.memoryBytes === undefined).map(({ name }) => name);
  const sum = services.reduce((total, { limits }) => total + (limits.memoryBytes ?? 0), 0);
  const machine = facts.machineMemoryBytes;
  if (machine === undefined) return here.unknown("the machine's memory is not known here", "check on the server");
  const said = `${megabytes(sum)} of limits on a machine of ${megabytes(machine)}`;
  if (sum + keptForSystemBytes > machine)
    return here.fail(
      `${said}, of which the system needs ${megabytes(keptForSystemBytes)}`,
      "lower mem_limit of services, or take a larger machine",
    );
  if (without.length > 0) return here.warn(`no limit: ${without.join(", ")}`, "give each a mem_limit in the Compose file");
  return here.ok(said);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
