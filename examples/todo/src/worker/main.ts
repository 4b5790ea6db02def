import { readSettings, workerSettings } from "../configuration/settings.ts";
import { openDatabase } from "../database/database.ts";
import { createHttpApplication } from "../http/http-application.ts";
import { createListCache } from "../lists/list-cache.ts";
import { openRedis } from "../redis/redis-connection.ts";
import { createReminderQueue } from "../reminders/reminder-queue.ts";
import { createReminderStore } from "../reminders/reminder-store.ts";
import { orExit, runService } from "../service/run-service.ts";
import { createLogger } from "../telemetry/logger.ts";
import { keepHouse } from "./housekeeping.ts";
import { createMailClient } from "./mail-client.ts";
import { workOnReminders } from "./reminder-worker.ts";

const settings = orExit(
  () => createLogger({ service: "worker", level: "info" }),
  () => readSettings(workerSettings, process.env),
);
const logger = createLogger({ service: "worker", level: settings.LOG_LEVEL });

await runService(logger, async () => {
  const stop = new AbortController();
  const database = openDatabase(settings.DATABASE_URL, logger);
  const redis = openRedis(settings.REDIS_URL, logger);
  const health = createHttpApplication(logger);
  health.get("/health", async () => {
    const reachable = await database.isReachable();
    return {
      status: reachable && redis.isUp() ? "ok" : "degraded",
      database: reachable ? "up" : "down",
      redis: redis.isUp() ? "up" : "down",
    };
  });
  await health.listen({ host: settings.HOST, port: settings.PORT });

  const context = {
    reminders: createReminderStore(database),
    queue: createReminderQueue(redis),
    // The worker only marks lists as changed; it never fills.
    cache: createListCache(redis, 1),
    mail: createMailClient(settings.MAIL_URL),
    publicUrl: settings.PUBLIC_URL,
    sweepMs: settings.REMINDER_SWEEP_MS,
    logger,
    now: () => new Date(),
  };
  const working = database
    .waitForSchema(stop.signal)
    .then(() => Promise.all([workOnReminders(context, stop.signal), keepHouse({ database, logger }, stop.signal)]))
    .catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
  return {
    close: async () => {
      stop.abort();
      await working;
      await health.close();
      await redis.close();
      await database.close();
    },
  };
});
