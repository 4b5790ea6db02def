import { setTimeout as delay } from "node:timers/promises";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  PostgresDialect,
  type QueryCompiler,
  type QueryResult,
  SelectQueryNode,
  type TransactionSettings,
} from "kysely";
import type { Pool } from "pg";
import { isConnectionLost, poolSize, storeUnavailable } from "./lost-connection.ts";

export interface ResilientOptions {
  readonly pool: Pool;
  /** Brings the database back when it can: the embedded one is started again. */
  readonly recover: () => Promise<void>;
  /** How long opening a connection may go on failing. */
  readonly patienceMs: number;
  /** What is thrown in place of an error of the database: a Problem where it is nobody's bug. */
  readonly tell: (error: unknown) => Promise<unknown>;
}

/**
 * Kysely's PostgreSQL dialect that survives a restart of the database. Getting a connection is tried again for a while,
 * since nothing was sent yet. The begin of a transaction, and a query built as a plain SELECT outside of one, are asked
 * again on a fresh connection. Everything else may have been done although no answer came: a Problem `store-unavailable`.
 */
export class ResilientDialect extends PostgresDialect {
  readonly #options: ResilientOptions;

  constructor(options: ResilientOptions) {
    super({ pool: options.pool });
    this.#options = options;
  }

  override createDriver(): Driver {
    return new ResilientDriver(super.createDriver(), this.#options);
  }
}

class ResilientDriver implements Driver {
  readonly #inner: Driver;
  readonly #options: ResilientOptions;

  constructor(inner: Driver, options: ResilientOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  init(): Promise<void> {
    return this.#inner.init();
  }

  async acquireConnection(): Promise<ResilientConnection> {
    const inner = await this.#acquireInner();
    return new ResilientConnection({ inner, acquire: () => this.#acquireInner(), driver: this.#inner, tell: this.#options.tell });
  }

  async #acquireInner(): Promise<DatabaseConnection> {
    const deadline = Date.now() + this.#options.patienceMs;
    for (;;) {
      try {
        return await this.#inner.acquireConnection();
      } catch (error) {
        if (!isConnectionLost(error) || Date.now() >= deadline) throw await this.#options.tell(error);
        await this.#options.recover();
        await delay(50);
      }
    }
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const resilient = asResilient(connection);
    await resilient.onFresh(() => this.#inner.beginTransaction(resilient.inner, settings));
    resilient.inTransaction = true;
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const resilient = asResilient(connection);
    await resilient.once(() => this.#inner.commitTransaction(resilient.inner));
    resilient.inTransaction = false;
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    const resilient = asResilient(connection);
    resilient.inTransaction = false;
    await resilient.once(() => this.#inner.rollbackTransaction(resilient.inner));
  }

  async savepoint(connection: DatabaseConnection, name: string, compileQuery: QueryCompiler["compileQuery"]): Promise<void> {
    await this.#inner.savepoint?.(asResilient(connection).inner, name, compileQuery);
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string, compileQuery: QueryCompiler["compileQuery"]): Promise<void> {
    await this.#inner.rollbackToSavepoint?.(asResilient(connection).inner, name, compileQuery);
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string, compileQuery: QueryCompiler["compileQuery"]): Promise<void> {
    await this.#inner.releaseSavepoint?.(asResilient(connection).inner, name, compileQuery);
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    const { held } = asResilient(connection);
    if (held !== undefined) await this.#inner.releaseConnection(held);
  }

  destroy(): Promise<void> {
    return this.#inner.destroy();
  }
}

interface Mending extends Pick<ResilientOptions, "tell"> {
  readonly inner: DatabaseConnection;
  readonly acquire: () => Promise<DatabaseConnection>;
  readonly driver: Driver;
}

class ResilientConnection implements DatabaseConnection {
  /** Undefined when the connection broke and no fresh one could be had. */
  held: DatabaseConnection | undefined;
  inTransaction = false;
  readonly #mending: Mending;

  constructor(mending: Mending) {
    this.held = mending.inner;
    this.#mending = mending;
  }

  get inner(): DatabaseConnection {
    if (this.held === undefined) throw storeUnavailable(new Error("the connection broke and was not replaced"));
    return this.held;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const ask = () => this.inner.executeQuery<R>(query);
    return !this.inTransaction && isPlainRead(query) ? await this.onFresh(ask) : await this.once(ask);
  }

  /** For what may be asked twice: again on fresh connections as long as this one turns out broken. */
  async onFresh<T>(ask: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        if (!isConnectionLost(error) || attempt >= poolSize) throw await this.#mending.tell(error);
        await this.#replace();
      }
    }
  }

  /** For what may have been done although no answer came. */
  async once<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw await this.#mending.tell(error);
    }
  }

  async #replace(): Promise<void> {
    const broken = this.inner;
    this.held = undefined;
    // The pool throws a broken client away when it is released.
    await this.#mending.driver.releaseConnection(broken);
    this.held = await this.#mending.acquire();
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

function isPlainRead(query: CompiledQuery): boolean {
  return SelectQueryNode.is(query.query) && (query.query.endModifiers ?? []).length === 0;
}

function asResilient(connection: DatabaseConnection): ResilientConnection {
  if (connection instanceof ResilientConnection) return connection;
  throw new Error("a connection of another driver was given to the store");
}
