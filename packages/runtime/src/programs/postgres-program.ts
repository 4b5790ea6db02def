import { createHash } from "node:crypto";
import { describeProgram, type InstalledProgram } from "./machine-facts.ts";
import type { ProgramPlan, ProgramRequest, TemplatePlan, TemplateStep } from "./program-plan.ts";
import { baseEnvironment, composeCommand, foldersOf, imageVariable, misconfigured, sharedPaths } from "./service-environment.ts";

export const postgresLayout = { dataTarget: "/var/lib/postgresql/data", defaultPort: 5432 };

interface PostgresSettings {
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly initdbArguments: readonly string[];
  readonly hostAuthMethod: string | undefined;
}

/**
 * What the official image's entrypoint does, with the slow part in a template: initdb, the user, the database, who may
 * log in. Scripts of /docker-entrypoint-initdb.d run at the first start, against a server only they can reach.
 */
export function postgresPlan(request: ProgramRequest, program: InstalledProgram, asked: string): ProgramPlan {
  const settings = settingsOf(request);
  const port = request.listen.port ?? postgresLayout.defaultPort;
  const server = serverCommand(request, program, port);
  const scripts = initScripts(request);
  const environment: Record<string, string> = {
    ...baseEnvironment(request, foldersOf(program)),
    PGDATA: request.dataDirectory,
    // Where clients in health checks and scripts look when they name no host.
    PGHOST: request.runDirectory,
    PGPORT: String(port),
    // A user without a name of the machine's is nobody a client could default to.
    PGUSER: settings.user,
    ...request.service.environment,
    POSTGRES_USER: settings.user,
    POSTGRES_DB: settings.database,
  };
  return {
    describe: describeProgram(program),
    asked,
    argv: scripts.length === 0 ? server : afterScripts(request, program, settings, scripts, server),
    environment: { ...environment, PGDATA: request.dataDirectory },
    workingDirectory: request.dataDirectory,
    readOnlyPaths: [...program.readOnlyPaths, ...sharedPaths(request)],
    writableDirectories: [request.runDirectory],
    files: [],
    data: { mountTarget: postgresLayout.dataTarget, directory: request.dataDirectory, mode: 0o700 },
    template: templateOf(request, program, settings),
    defaultPort: postgresLayout.defaultPort,
    health: { probe: { kind: "tcp", port }, intervalMs: 1_000, timeoutMs: 3_000, retries: 60, startPeriodMs: 0 },
    stopSignal: "SIGINT",
  };
}

function settingsOf(request: ProgramRequest): PostgresSettings {
  const variable = (name: string) => imageVariable(request, name) || undefined;
  const user = variable("POSTGRES_USER") ?? "postgres";
  const password = variable("POSTGRES_PASSWORD");
  const hostAuthMethod = variable("POSTGRES_HOST_AUTH_METHOD");
  if (password === undefined && hostAuthMethod !== "trust") {
    throw misconfigured(
      request.service.name,
      "PostgreSQL is given no superuser password",
      "set POSTGRES_PASSWORD to something not empty, or POSTGRES_HOST_AUTH_METHOD=trust",
    );
  }
  const initdbArguments = (variable("POSTGRES_INITDB_ARGS") ?? "").split(/\s+/).filter((word) => word !== "");
  return { user, password, database: variable("POSTGRES_DB") ?? user, initdbArguments, hostAuthMethod };
}

/** `postgres -c x=y` or only `-c x=y` in Compose adds to ours; another command is taken as it is. */
function serverCommand(request: ProgramRequest, program: InstalledProgram, port: number): readonly string[] {
  const given = composeCommand(request) ?? [];
  const words = given[0] === "docker-entrypoint.sh" ? given.slice(1) : given;
  const own = words.length === 0 || words[0] === "postgres" || words[0]?.startsWith("-");
  if (!own) return given;
  const flags = words[0] === "postgres" ? words.slice(1) : words;
  const { dataDirectory, runDirectory, listen } = request;
  const forced = listen.port === undefined ? [] : ["-p", String(listen.port)];
  const set = (name: string, value: string) => ["-c", `${name}=${value}`];
  return [
    program.binaries.postgres ?? "postgres",
    ...["-D", dataDirectory, "-p", String(port)],
    ...set("listen_addresses", listen.host),
    ...set("unix_socket_directories", runDirectory),
    ...(request.disposable
      ? [...set("fsync", "off"), ...set("synchronous_commit", "off"), ...set("full_page_writes", "off")]
      : // Whoever may open the socket is trusted: beside live data other users of the machine may not.
        set("unix_socket_permissions", "0700")),
    ...flags,
    ...forced,
  ];
}

function templateOf(request: ProgramRequest, program: InstalledProgram, settings: PostgresSettings): TemplatePlan {
  const data = request.dataDirectory;
  const encoding = settings.initdbArguments.some((word) => /^(--locale|--encoding|-E|--lc-)/.test(word))
    ? []
    : ["--encoding=UTF8", request.machine.platform === "linux" ? "--locale=C.UTF-8" : "--locale=C"];
  const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };
  const initdb = [program.binaries.initdb ?? "initdb", "-D", data, "-U", settings.user, "--auth=trust", "--no-sync", "--no-instructions"];
  const single = [program.binaries.postgres ?? "postgres", "--single", "-c", "exit_on_error=true", "-D", data, "postgres"];
  const loopbackIsPrivate = !request.listen.host.startsWith("127.");
  const access = accessRules(settings, loopbackIsPrivate);
  const steps: TemplateStep[] = [
    { argv: [...initdb, ...encoding, ...settings.initdbArguments], environment },
    { argv: single, environment, stdin: firstStatements(settings) },
    { argv: ["sh", "-c", 'cat > "$1"', "sh", `${data}/pg_hba.conf`], environment, stdin: access },
  ];
  const key = createHash("sha256").update(JSON.stringify([describeProgram(program), settings, access, encoding]));
  return { key: `postgres-${key.digest("hex").slice(0, 32)}`, steps, needsPasswdEntry: true };
}

/** One statement a line, as the single-user server reads them. */
function firstStatements(settings: PostgresSettings): string {
  const lines: string[] = [];
  if (settings.password !== undefined) lines.push(`ALTER USER ${identifier(settings.user)} WITH PASSWORD ${literal(settings.password)};`);
  if (!["postgres", "template0", "template1"].includes(settings.database)) lines.push(`CREATE DATABASE ${identifier(settings.database)};`);
  return `${lines.join("\n")}\n`;
}

/** Where the host's loopback is shared with others, being on it proves nothing. */
function accessRules(settings: PostgresSettings, loopbackIsPrivate: boolean): string {
  const loopback = ["host all all 127.0.0.1/32 trust", "host all all ::1/128 trust"];
  return [
    "local all all trust",
    ...(loopbackIsPrivate ? loopback : []),
    "local replication all trust",
    `host all all all ${settings.hostAuthMethod ?? "scram-sha-256"}`,
    "",
  ].join("\n");
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `E'${escaped}'`;
}

const initFolder = "/docker-entrypoint-initdb.d";

function initScripts(request: ProgramRequest): string[] {
  const seen = request.seen ?? ((path: string) => path);
  return request.service.mounts
    .filter((mount) => mount.target === initFolder || mount.target.startsWith(`${initFolder}/`))
    .map((mount) => seen(mount.target));
}

function afterScripts(
  request: ProgramRequest,
  program: InstalledProgram,
  settings: PostgresSettings,
  scripts: readonly string[],
  server: readonly string[],
): readonly string[] {
  const plan = {
    postgres: program.binaries.postgres,
    data: request.dataDirectory,
    run: request.runDirectory,
    user: settings.user,
    database: settings.database,
    scripts,
  };
  // The shell is replaced by the server, so that signals and the process tree are as without scripts.
  const line = 'first="$1"; plan="$2"; shift 2; node "$first" "$plan" && exec "$@"';
  return [
    "sh",
    "-c",
    `PATH="${request.machine.standIns}/node-bin:$PATH"; ${line}`,
    "sh",
    `${request.machine.standIns}/postgres-first-start.ts`,
    JSON.stringify(plan),
    ...server,
  ];
}
