import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { Problem, type ServiceSpec } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import { openServiceBridge } from "../environments/service-bridge.ts";
import { imageVariable } from "./service-data.ts";

export interface MysqlServer extends AsyncDisposable {
  /** A session of its own: one statement at a time, rows of columns; in the service's own database where one is given. */
  session(inDatabaseOf?: ServiceSpec): MysqlSession;
  /** argv and environment of a client program that reaches the server. */
  program(
    names: readonly string[],
    words: readonly string[],
  ): Promise<{ readonly argv: readonly string[]; readonly env: Record<string, string> }>;
}

export interface MysqlSession {
  query(sql: string): Promise<readonly (readonly string[])[]>;
  close(): Promise<void>;
}

export async function openMysql(target: {
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly service: ServiceSpec;
  readonly signal: AbortSignal;
}): Promise<MysqlServer> {
  const { service, signal } = target;
  const password = imageVariable(service, ["MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD"]) ?? "";
  const bridge = await openServiceBridge({ ...target, target: { host: service.name, port: 3306 }, socketName: "mysqld.sock" });
  const connection = ["--no-defaults", `--socket=${bridge.socketPath}`, "--user=root"];
  const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", MYSQL_PWD: password, LANG: "C.UTF-8" };
  const client = await findProgram(["mariadb", "mysql"]);
  const open: MysqlSession[] = [];
  return {
    session(inDatabaseOf) {
      const database = inDatabaseOf && imageVariable(inDatabaseOf, ["MARIADB_DATABASE", "MYSQL_DATABASE"]);
      const flags = ["--batch", "--skip-column-names", "--unbuffered", "--default-character-set=utf8mb4", "--skip-reconnect"];
      const child = spawn(client, [...connection, ...flags, ...(database === undefined ? [] : [database])], { env, stdio: "pipe", signal });
      const session = sessionOf(child, service.name);
      open.push(session);
      return session;
    },
    async program(names, words) {
      return { argv: [await findProgram(names), ...connection, ...words], env };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(open.map((session) => session.close()));
      await bridge[Symbol.asyncDispose]();
    },
  };
}

/** Statements go in, rows come out until a line only we know: the client itself tells no end of a result. */
function sessionOf(child: ChildProcessWithoutNullStreams, service: string): MysqlSession {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.length < 100 && said.push(text));
  child.on("error", (error) => said.push(error.message));
  child.stdin.on("error", () => {});
  let number = 0;
  return {
    async query(sql) {
      const mark = `-- dojang ${++number} --`;
      child.stdin.write(`${sql};\nselect '${mark}';\n`);
      const rows: (readonly string[])[] = [];
      for (;;) {
        const next = await lines.next();
        if (next.done === true) throw mysqlRefused(service, errorsOf(said) || "its client ended");
        if (next.value === mark) return rows;
        rows.push(next.value.split("\t"));
      }
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** The client repeats the statement before it says what is wrong with it. */
function errorsOf(said: readonly string[]): string {
  const all = said.join("").trim();
  return all.match(/^ERROR.*$/gm)?.join("; ") ?? all;
}

/** The first of the names that is installed. */
export async function findProgram(names: readonly string[]): Promise<string> {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "/usr/bin:/bin").split(delimiter)) {
      const path = join(folder, name);
      const found = await access(path).then(
        () => true,
        () => false,
      );
      if (found) return path;
    }
  }
  throw new Problem({
    code: "backup-program-missing",
    exit: "infrastructure",
    message: `${names.join(" or ")} is not installed on this machine`,
    fix: "apt-get install mariadb-client (or the client of MySQL)",
  });
}

export function mysqlRefused(service: string, said: string): Problem {
  return new Problem({
    code: "backup-database-refused",
    exit: "infrastructure",
    message: `MySQL of service ${service} refused: ${said}`,
    fix: "see that it runs (dojang logs), and that MYSQL_ROOT_PASSWORD is the one the database was made with",
  });
}
