import { setTimeout as delay } from "node:timers/promises";
import { Problem, type ServiceSpec } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import pg from "pg";
import { openServiceBridge } from "../environments/service-bridge.ts";
import { imageVariable } from "./service-data.ts";

export interface PostgresServer extends AsyncDisposable {
  readonly user: string;
  /** A connection of its own, ended with the rest. The service's own database when none is named. */
  connect(database?: string, options?: ConnectOptions): Promise<pg.Client>;
}

export interface ConnectOptions {
  /** With the search path that the database has for everybody, for queries that a project wrote. */
  readonly asEverybody?: boolean;
  /** How long a server that is just starting is waited for: a minute unless said. */
  readonly patienceMs?: number;
}

export interface PostgresTarget {
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly service: ServiceSpec;
  readonly signal: AbortSignal;
}

export const postgresPort = 5432;

/** The running PostgreSQL of an environment, as the superuser its image was given. */
export async function openPostgres(target: PostgresTarget): Promise<PostgresServer> {
  const { service } = target;
  const user = imageVariable(service, ["POSTGRES_USER"]) ?? "postgres";
  const password = imageVariable(service, ["POSTGRES_PASSWORD"]);
  const own = imageVariable(service, ["POSTGRES_DB"]) ?? user;
  const bridge = await openServiceBridge({
    ...target,
    target: { host: service.name, port: postgresPort },
    socketName: `.s.PGSQL.${postgresPort}`,
  });
  const open = new Set<pg.Client>();
  return {
    user,
    async connect(database = own, { asEverybody = false, patienceMs = startingLimitMs } = {}) {
      const options = [...settings, ...(asEverybody ? [] : ["search_path=pg_catalog"])].map((setting) => `-c ${setting}`).join(" ");
      const place = { host: bridge.directory, port: postgresPort, application_name: "dojang backup", connectionTimeoutMillis: 10_000 };
      const client = await connectWhenUp({ user, password, database, options, ...place }, { patienceMs, signal: target.signal }).catch(
        (error: unknown) => {
          target.signal.throwIfAborted();
          throw refused(service.name, error);
        },
      );
      open.add(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...open].map((client) => client.end().catch(() => undefined)));
      await bridge[Symbol.asyncDispose]();
    },
  };
}

/** Everything that values are written with is fixed, so that a checksum says the same later; idle transactions are ours to end. */
const settings = [
  "datestyle=ISO",
  "timezone=UTC",
  "intervalstyle=postgres",
  "extra_float_digits=1",
  "bytea_output=hex",
  "lc_monetary=C",
  "statement_timeout=0",
  "idle_in_transaction_session_timeout=0",
  "row_security=off",
];

const startingLimitMs = 60_000;
const cannotConnectNow = "57P03";

/** After a crash, or a restore, it listens before it lets anybody in. */
async function connectWhenUp(
  config: pg.ClientConfig,
  { patienceMs, signal }: { readonly patienceMs: number; readonly signal: AbortSignal },
): Promise<pg.Client> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    const client = new pg.Client(config);
    // A connection that breaks is reported by the query that was waiting for it.
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const isStarting = error instanceof Error && "code" in error && error.code === cannotConnectNow;
      if (!isStarting || Date.now() >= deadline) throw error;
      await delay(100, undefined, { signal });
    }
  }
}

function refused(service: string, cause: unknown): Problem {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new Problem({
    code: "backup-database-refused",
    exit: "infrastructure",
    message: `PostgreSQL of service ${service} refused the connection for a backup: ${said}`,
    fix: "see that it runs (dojang logs), and that POSTGRES_USER and POSTGRES_PASSWORD are those the database was made with",
    cause,
  });
}

/** Told in place of a connection that ended in the middle of a backup. */
export function connectionEnded(service: string, cause: unknown): Problem {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new Problem({
    code: "backup-database-lost",
    exit: "infrastructure",
    message: `PostgreSQL of service ${service} ended in the middle of a backup: ${said}`,
    fix: "see why it ended (`dojang logs`; `df -h`, for it ends where its log has no room), then back up again",
    cause,
  });
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
