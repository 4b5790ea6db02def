import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../database/database.ts";
import type { Logger } from "../telemetry/logger.ts";

const everyMs = 3_600_000;
/** Nobody repeats a request after a day. */
const answersKeptFor = "1 day";

/** Deletes remembered answers to Idempotency-Keys once they are old, every hour until aborted. */
export async function keepHouse({ database, logger }: { database: Database; logger: Logger }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const gone = await database.query("delete from idempotency_key where created_at < now() - $1::interval returning 1", [
        answersKeptFor,
      ]);
      if (gone.length > 0) logger.info({ deleted: gone.length }, "old idempotency keys deleted");
    } catch (error) {
      logger.warn({ err: error }, "housekeeping failed, next time in an hour");
    }
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
