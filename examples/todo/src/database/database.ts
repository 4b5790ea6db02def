import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { retry } from "../resilience/retry.ts";
import type { Logger } from "../telemetry/logger.ts";
import { isConnectionLoss } from "./connection-loss.ts";

export interface Session {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** PostgreSQL, through a pool. All work is repeated when the connection is lost, for about eight seconds in all. */
export interface Database extends Session {
  /** `work` may run more than once, and its commit may have happened before a repeat: make ids before, insert with `on conflict`. */
  transaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
  isReachable(): Promise<boolean>;
  /** Resolves when the database is there and has the migrations this version needs. */
  waitForSchema(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const poolSize = 10;
const connectTimeoutMs = 3_000;
const statementTimeoutMs = 8_000;
const probeTimeoutMs = 1_000;
const schemaPollMs = 500;
const newestTable = "idempotency_key";
const persistence = { attempts: 9, firstDelayMs: 50, longestDelayMs: 2_000, isWorthRetrying: isConnectionLoss };

export function openDatabase(url: string, logger: Logger): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on("error", (error) => logger.warn({ err: error }, "an idle database connection was lost"));

  const persistently = <Result>(work: () => Promise<Result>) =>
    retry(work, {
      ...persistence,
      onRetry: (error, attempt, delayMs) => logger.warn({ err: error, attempt, delayMs }, "the database was not reachable, trying again"),
    });

  const query = async <Row>(text: string, values: readonly unknown[] = []) => {
    const result = await persistently(() => pool.query(text, [...values]));
    // The caller names the row type beside the statement that makes it.
    return result.rows as Row[];
  };

  const isReachable = async () => {
    try {
      await Promise.race([pool.query("select 1"), rejectAfter(probeTimeoutMs)]);
      return true;
    } catch {
      return false;
    }
  };

  const hasSchema = async () => {
    try {
      const { rows } = await pool.query("select to_regclass($1) as found", [newestTable]);
      return rows[0]?.found != null;
    } catch (error) {
      if (isConnectionLoss(error)) return false;
      throw error;
    }
  };

  return {
    query,
    transaction: (work) => persistently(() => inTransaction(pool, work)),
    isReachable,
    waitForSchema: async (signal) => {
      if (await hasSchema()) return;
      logger.info("waiting for the database and its migrations (npm run migrate)");
      while (!(await hasSchema())) await delay(schemaPollMs, undefined, { signal });
      logger.info("the migrations are there");
    },
    close: () => pool.end(),
  };
}

async function inTransaction<Result>(pool: pg.Pool, work: (session: Session) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // The pool does not listen on clients in use; a loss between two statements would be an uncaught error.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on("error", onError);
  try {
    await client.query("begin");
    // The caller names the row type beside the statement that makes it.
    const result = await work({
      query: async <Row>(text: string, values: readonly unknown[] = []) => (await client.query(text, [...values])).rows as Row[],
    });
    await client.query("commit");
    return result;
  } catch (error) {
    if (isConnectionLoss(error)) broken = error as Error;
    else await client.query("rollback").catch((rollbackError: Error) => (broken = rollbackError));
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}

async function rejectAfter(ms: number): Promise<never> {
  await delay(ms, undefined, { ref: false });
  throw new Error(`no answer within ${ms} ms`);
}
