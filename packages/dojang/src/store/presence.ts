import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";

export interface PresenceOptions {
  /** A connected client that has taken whatever locks say that this process is here. */
  readonly connect: () => Promise<Client>;
  readonly channels: readonly string[];
}

/**
 * The one connection a process keeps open: it says by a lock that the process is here, and listens. When it breaks it is
 * made again; listeners are then called once, as if told, because what was said meanwhile is lost.
 */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #listeners = new Set<(channel: string) => void>();
  readonly #closed = new AbortController();
  #client: Client | undefined;
  #mending: Promise<void> | undefined;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const client = await this.#options.connect();
    client.on("error", () => this.#mend(client));
    client.on("end", () => this.#mend(client));
    client.on("notification", (message) => this.#tell(message.channel));
    for (const channel of this.#options.channels) await client.query(`listen ${client.escapeIdentifier(channel)}`);
    this.#client = client;
  }

  /** Undefined while the connection is broken. */
  get client(): Client | undefined {
    return this.#client;
  }

  listen(listener: (channel: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From now on a broken connection is not mended: the owner is about to leave. Returns when a mending under way has ended. */
  async retire(): Promise<void> {
    this.#closed.abort();
    await this.#mending;
  }

  async close(): Promise<void> {
    await this.retire();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  #mend(broken: Client): void {
    if (this.#closed.signal.aborted || this.#client !== broken) return;
    this.#client = undefined;
    this.#mending ??= this.#reopen().finally(() => {
      this.#mending = undefined;
    });
  }

  /** Goes on until it works or the store is closed: every query says by itself that the database is away. */
  async #reopen(): Promise<void> {
    for (let pauseMs = 20; !this.#closed.signal.aborted; pauseMs = Math.min(pauseMs * 2, 2000)) {
      try {
        await this.open();
        for (const channel of this.#options.channels) this.#tell(channel);
        return;
      } catch {
        // Nobody is kept alive by it; who leaves in its middle does not wait for it.
        await delay(pauseMs, undefined, { ref: false, signal: this.#closed.signal }).catch(() => undefined);
      }
    }
  }

  #tell(channel: string): void {
    for (const listener of this.#listeners) listener(channel);
  }
}
