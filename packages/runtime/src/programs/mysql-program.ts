import { createHash } from "node:crypto";
import { describeProgram, type InstalledProgram } from "./machine-facts.ts";
import type { ProgramPlan, ProgramRequest, TemplatePlan, TemplateStep } from "./program-plan.ts";
import { baseEnvironment, composeCommand, foldersOf, imageVariable, misconfigured, sharedPaths } from "./service-environment.ts";

export const mysqlLayout = { dataTarget: "/var/lib/mysql", defaultPort: 3306 };

interface MysqlSettings {
  readonly rootPassword: string | undefined;
  readonly database: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** MySQL and MariaDB images. System tables, users and the database are in the template; scripts run at the first start. */
export function mysqlPlan(request: ProgramRequest, program: InstalledProgram, asked: string): ProgramPlan {
  const settings = settingsOf(request);
  const port = request.listen.port ?? mysqlLayout.defaultPort;
  const socket = `${request.runDirectory}/mysqld.sock`;
  const server = serverCommand(request, program, port, socket);
  const scripts = initScripts(request);
  return {
    describe: describeProgram(program),
    asked,
    argv: scripts.length === 0 ? server : afterScripts({ request, program, settings, socket, scripts, server }),
    environment: {
      ...baseEnvironment(request, foldersOf(program)),
      MYSQL_UNIX_PORT: socket,
      MYSQL_TCP_PORT: String(port),
      ...request.service.environment,
    },
    workingDirectory: request.dataDirectory,
    readOnlyPaths: [...program.readOnlyPaths, ...sharedPaths(request)],
    writableDirectories: [request.runDirectory],
    // Read after the machine's own settings, which may name another socket.
    files: [
      {
        path: `${request.runDirectory}/.my.cnf`,
        content: `[client]\nsocket=${socket}\nport=${port}\ndefault-character-set=utf8mb4\n`,
        mode: 0o644,
      },
    ],
    data: { mountTarget: mysqlLayout.dataTarget, directory: request.dataDirectory, mode: 0o700 },
    template: templateOf(request, program, settings),
    defaultPort: mysqlLayout.defaultPort,
    health: { probe: { kind: "tcp", port }, intervalMs: 1_000, timeoutMs: 3_000, retries: 90, startPeriodMs: 0 },
    stopSignal: "SIGTERM",
  };
}

function settingsOf(request: ProgramRequest): MysqlSettings {
  const variable = (name: string) => imageVariable(request, `MARIADB_${name}`) || imageVariable(request, `MYSQL_${name}`) || undefined;
  const settings = {
    rootPassword: variable("ROOT_PASSWORD"),
    database: variable("DATABASE"),
    user: variable("USER"),
    password: variable("PASSWORD"),
  };
  const mayBeEmpty = variable("ALLOW_EMPTY_PASSWORD") ?? variable("ALLOW_EMPTY_ROOT_PASSWORD") ?? variable("RANDOM_ROOT_PASSWORD");
  if (settings.rootPassword === undefined && mayBeEmpty === undefined) {
    throw misconfigured(
      request.service.name,
      "MySQL is given no root password",
      "set MYSQL_ROOT_PASSWORD, MYSQL_ALLOW_EMPTY_PASSWORD=yes or MYSQL_RANDOM_ROOT_PASSWORD=yes",
    );
  }
  return settings;
}

/** Arguments of MySQL that MariaDB refuses to start with; they set what is the default there, or what it has not. */
const foreignToMariadb =
  /^--(default[-_]authentication[-_]plugin|authentication[-_]policy|mysqlx|mysql[-_]native[-_]password|skip[-_]mysqlx|collation[-_]server=utf8mb4_0900)/;

function known(flags: readonly string[], program: InstalledProgram): readonly string[] {
  return program.family === "mariadb" ? flags.filter((flag) => !foreignToMariadb.test(flag)) : flags;
}

/** The default of both images; distributions have others. */
const characterSet = "--character-set-server=utf8mb4";

/** Settings that already hold when tables and databases are made. */
const setAtFirst = /^--(character[-_]set[-_]server|collation[-_]server|lower[-_]case[-_]table[-_]names)=/;

function serverCommand(request: ProgramRequest, program: InstalledProgram, port: number, socket: string): readonly string[] {
  const given = composeCommand(request) ?? [];
  const words = given[0] === "docker-entrypoint.sh" ? given.slice(1) : given;
  const own = words.length === 0 || words[0]?.startsWith("-") || ["mysqld", "mariadbd", "mysqld_safe"].includes(words[0] ?? "");
  if (!own) return given;
  const flags = words[0]?.startsWith("-") ? words : words.slice(1);
  const kept = known(flags, program);
  return [
    program.binaries.server ?? "mysqld",
    "--no-defaults",
    `--datadir=${request.dataDirectory}`,
    `--bind-address=${request.listen.host}`,
    `--port=${port}`,
    `--socket=${socket}`,
    `--pid-file=${request.runDirectory}/mysqld.pid`,
    "--skip-name-resolve",
    "--skip-log-bin",
    ...(request.disposable ? ["--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync"] : []),
    characterSet,
    ...kept,
    ...(request.listen.port === undefined ? [] : [`--port=${request.listen.port}`]),
  ];
}

function templateOf(request: ProgramRequest, program: InstalledProgram, settings: MysqlSettings): TemplatePlan {
  const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8", TMPDIR: "/tmp" };
  const data = `--datadir=${request.dataDirectory}`;
  const statements = firstStatements(settings, program.family);
  const settled = [characterSet, ...known(composeCommand(request) ?? [], program).filter((flag) => setAtFirst.test(flag))];
  const key = createHash("sha256")
    .update(JSON.stringify([describeProgram(program), statements, settled]))
    .digest("hex")
    .slice(0, 32);
  return { key: `mysql-${key}`, steps: installSteps({ program, data, environment, statements, settled }), needsPasswdEntry: false };
}

function installSteps(install: {
  readonly program: InstalledProgram;
  readonly data: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly statements: string;
  readonly settled: readonly string[];
}): TemplateStep[] {
  const { program, data, environment, statements, settled } = install;
  const server = program.binaries.server ?? "mysqld";
  if (program.family === "mysql") {
    // The file is run as part of the initialization; "init-file" may be any path that can be read.
    return [
      {
        argv: [server, "--no-defaults", "--initialize-insecure", data, ...settled, "--init-file=/dev/stdin"],
        environment,
        stdin: statements,
      },
    ];
  }
  const installer = program.binaries.installer ?? "mariadb-install-db";
  return [
    {
      argv: [installer, "--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"],
      environment,
    },
    { argv: [server, "--no-defaults", data, ...settled, "--bootstrap", "--skip-name-resolve"], environment, stdin: statements },
  ];
}

/** One statement a line, as `--bootstrap` reads them. */
function firstStatements(settings: MysqlSettings, family: InstalledProgram["family"]): string {
  const lines = ["FLUSH PRIVILEGES;"];
  const root = settings.rootPassword ?? "";
  lines.push(`ALTER USER 'root'@'localhost' IDENTIFIED BY ${literal(root)};`);
  lines.push(`CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY ${literal(root)};`);
  lines.push("GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;");
  // Users without a name come before named ones of other hosts, and would shut them out.
  // And its installer makes roots of the loopback and of the machine's name, without a password.
  if (family === "mariadb") {
    lines.push("DELETE FROM mysql.global_priv WHERE user = '' OR (user = 'root' AND host NOT IN ('localhost', '%'));");
  }
  if (settings.database !== undefined) lines.push(`CREATE DATABASE IF NOT EXISTS ${identifier(settings.database)};`);
  if (settings.user !== undefined && settings.user !== "root") {
    const user = `${literal(settings.user)}@'%'`;
    lines.push(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY ${literal(settings.password ?? "")};`);
    if (settings.database !== undefined) lines.push(`GRANT ALL PRIVILEGES ON ${identifier(settings.database)}.* TO ${user};`);
  }
  lines.push("FLUSH PRIVILEGES;");
  return `${lines.join("\n")}\n`;
}

function identifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n")}'`;
}

const initFolder = "/docker-entrypoint-initdb.d";

function initScripts(request: ProgramRequest): string[] {
  const seen = request.seen ?? ((path: string) => path);
  return request.service.mounts
    .filter((mount) => mount.target === initFolder || mount.target.startsWith(`${initFolder}/`))
    .map((mount) => seen(mount.target));
}

function afterScripts(start: {
  readonly request: ProgramRequest;
  readonly program: InstalledProgram;
  readonly settings: MysqlSettings;
  readonly socket: string;
  readonly scripts: readonly string[];
  readonly server: readonly string[];
}): readonly string[] {
  const { request, program, settings } = start;
  const { standIns } = request.machine;
  const plan = {
    server: start.server.filter((word) => !word.startsWith("--port") && !word.startsWith("--bind-address")),
    client: program.binaries.client ?? "mariadb",
    data: request.dataDirectory,
    socket: start.socket,
    password: settings.rootPassword ?? "",
    database: settings.database,
    scripts: start.scripts,
  };
  const line = 'first="$1"; plan="$2"; shift 2; node "$first" "$plan" && exec "$@"';
  return [
    "sh",
    "-c",
    `PATH="${standIns}/node-bin:$PATH"; ${line}`,
    "sh",
    `${standIns}/mysql-first-start.ts`,
    JSON.stringify(plan),
    ...start.server,
  ];
}
