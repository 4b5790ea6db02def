import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Kysely } from "kysely";
import pg from "pg";
import type { Database } from "./database.ts";
import { isRoomMissing } from "./disk-room.ts";
import {
  type EmbeddedPostgres,
  locateEmbeddedPostgres,
  presenceLock,
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from "./embedded-postgres.ts";
import { withLockFile } from "./lock-file.ts";
import { isConnectionLost, poolSize, storeUnavailable } from "./lost-connection.ts";
import { migrate } from "./migrate.ts";
import { makeFolder } from "./postgres-folders.ts";
import { Presence } from "./presence.ts";
import { isAlive, readIdentityKey, thisProcess } from "./process-identity.ts";
import { announceMs, announceProcess, retireProcess, silenceMs } from "./processes.ts";
import { ResilientDialect } from "./resilient-dialect.ts";
import { storeFailure } from "./state-room.ts";

/**
 * Everything Dojang remembers. One per process and state folder; any number of processes may have one open at once.
 * A database that is gone is a Problem `store-unavailable`, one without room for what is written `disk-full`, both exit "infrastructure".
 */
export interface Store {
  readonly db: Kysely<Database>;
  /** DOJANG_HOME: files that belong to rows are below it. */
  readonly home: string;
  readonly kind: "embedded" | "external";
  readonly presence: Presence;
  /** Safe twice. The last process to close stops the embedded server. */
  close(): Promise<void>;
}

export interface OpenStoreOptions {
  /** DOJANG_HOME; made when missing. */
  readonly home: string;
  /** Without it the embedded PostgreSQL of the state folder is used. */
  readonly databaseUrl?: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (text: string) => void;
  /** How long a query waits for a database that went away: 20 s unless said. */
  readonly patienceMs?: number;
}

/** The channel on which the database says that a job moved. */
export const jobChannel = "dojang_job";

export async function openStore(options: OpenStoreOptions): Promise<Store> {
  await makeFolder(resolve(options.home), 0o711);
  const home = await realpath(options.home);
  return options.databaseUrl === undefined ? await openEmbedded(home, options) : await openExternal(home, options.databaseUrl, options);
}

async function openEmbedded(home: string, options: OpenStoreOptions): Promise<Store> {
  const server = locateEmbeddedPostgres(home);
  const closed = new AbortController();
  const signal = AbortSignal.any([options.signal, closed.signal]);
  // What goes on without it tries again and again: said once.
  let isTrying = false;
  const start = async () => {
    const onProgress = isTrying ? undefined : options.onProgress;
    isTrying = true;
    await startEmbeddedPostgres(server, { signal, onProgress });
    isTrying = false;
  };
  const presence = new Presence({
    channels: [jobChannel],
    connect: () => connectPresent(server, { home, start }),
  });
  await presence.open();
  return await finishOpening({
    home,
    kind: "embedded",
    presence,
    config: { ...server.address },
    recover: () => start().catch(() => undefined),
    patienceMs: options.patienceMs ?? 20_000,
    leave: async () => {
      // Whoever is bringing the server back holds the start lock, and would wait for what comes next, which needs it.
      closed.abort();
      await presence.retire();
      await leaveEmbedded(server, presence);
    },
  });
}

async function openExternal(home: string, databaseUrl: string, options: OpenStoreOptions): Promise<Store> {
  const config = { connectionString: databaseUrl };
  const presence = new Presence({ channels: [jobChannel], connect: () => connectOnce(config) });
  await presence.open().catch((error) => {
    throw isConnectionLost(error) ? storeUnavailable(error) : error;
  });
  return await finishOpening({
    home,
    kind: "external",
    presence,
    config,
    recover: () => delay(200),
    patienceMs: options.patienceMs ?? 20_000,
    leave: () => presence.close(),
  });
}

interface Opening {
  readonly home: string;
  readonly kind: Store["kind"];
  readonly presence: Presence;
  readonly config: pg.ClientConfig;
  readonly recover: () => Promise<void>;
  readonly patienceMs: number;
  readonly leave: () => Promise<void>;
}

async function finishOpening(opening: Opening): Promise<Store> {
  const pool = new pg.Pool({ ...sessionConfig(opening.config), max: poolSize, idleTimeoutMillis: 30_000 });
  // A connection that breaks is replaced when it is next needed; who was using it is told by the query's own error.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const { recover, patienceMs } = opening;
  const tell = (error: unknown) => storeFailure(error, opening.kind === "embedded" ? opening.home : undefined);
  const db = new Kysely<Database>({ dialect: new ResilientDialect({ pool, recover, patienceMs, tell }) });
  let closing: Promise<void> | undefined;
  const me = thisProcess();
  const announcing = setInterval(() => announceProcess({ db }, me).catch(() => undefined), announceMs).unref();
  const close = async () => {
    clearInterval(announcing);
    // Without its database it cannot say goodbye, and is found dead like one that was killed.
    if (opening.presence.client !== undefined) await retireProcess({ db }, me).catch(() => undefined);
    await db.destroy();
    await opening.leave();
  };
  const store: Store = {
    db,
    home: opening.home,
    kind: opening.kind,
    presence: opening.presence,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
  try {
    await migrate(db);
    await announceProcess({ db }, me);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Tables live in their own schema, so that a shared database can hold others. A transaction whose process froze in the
 * middle is ended by the server after 15 s, and its locks with it.
 */
function sessionConfig(config: pg.ClientConfig): pg.ClientConfig {
  return {
    ...config,
    options: "-c search_path=dojang,public -c idle_in_transaction_session_timeout=15s",
    application_name: `dojang ${process.pid}`,
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser },
  };
}

/** Counts and sequences come as 64-bit text; ours stay far below 2^53. */
function getTypeParser(oid: number, format?: "text" | "binary") {
  const int8 = 20;
  if (oid === int8) return Number;
  return format === "binary" ? pg.types.getTypeParser(oid, "binary") : pg.types.getTypeParser(oid, "text");
}

async function connectOnce(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(sessionConfig(config));
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** A server that is just being stopped by the last to leave ends this connection while it waits for the lock: then it is started again. */
async function connectPresent(
  server: EmbeddedPostgres,
  { home, start }: { readonly home: string; readonly start: () => Promise<void> },
): Promise<pg.Client> {
  for (let attempt = 0; ; attempt++) {
    await start();
    const client = new pg.Client(sessionConfig(server.address));
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query("select pg_advisory_lock_shared($1)", [presenceLock]);
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!isConnectionLost(error) || attempt >= 50) throw await storeFailure(error, home);
      await delay(20);
    }
  }
}

async function leaveEmbedded(server: EmbeddedPostgres, presence: Presence): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const leave = async () => {
    if (await isLast(server, presence)) await stopEmbeddedPostgres(server);
  };
  try {
    await withLockFile(`${server.folder}/start.lock`, { signal }, leave);
  } catch (error) {
    // Without room for the lock's file it is left without: who is just arriving loses the connection, and starts the server again.
    if (!isRoomMissing(error)) throw error;
    await leave();
  } finally {
    // An open connection would keep the process.
    await presence.close();
  }
}

const longestLettingGoMs = 5_000;

/** Two that leave at once would each be refused by the other's shared lock, so each gives up its own first. */
async function isLast(server: EmbeddedPostgres, presence: Presence): Promise<boolean> {
  const spare = presence.client === undefined ? await connectOnce(server.address).catch(() => undefined) : undefined;
  const client = presence.client ?? spare;
  if (client === undefined) return false;
  try {
    await client.query("select pg_advisory_unlock_shared($1)", [presenceLock]);
    // A process that was killed lets go when the machine comes to it, and the server when it sees that: a refusal is asked again, for long
    // only when nobody who said that he is here lives.
    for (const deadline = Date.now() + longestLettingGoMs; Date.now() < deadline; ) {
      for (let attempt = 0; attempt < 10; attempt++) {
        const answer = await client.query<{ got: boolean }>("select pg_try_advisory_lock($1) as got", [presenceLock]);
        if (answer.rows[0]?.got === true) return true;
        await delay(15);
      }
      const said = await client.query<{ identity: string }>("select identity from process where seen_at > now_ms() - $1", [silenceMs]);
      if (said.rows.some(({ identity }) => isAlive(readIdentityKey(identity)))) return false;
    }
    return false;
  } catch {
    // The server is gone.
    return false;
  } finally {
    await spare?.end().catch(() => undefined);
  }
}
