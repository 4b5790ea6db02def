import { createAccountStore } from "../accounts/account-store.ts";
import { createPasswords } from "../accounts/passwords.ts";
import { createSessions } from "../accounts/sessions.ts";
import { apiSettings, readSettings } from "../configuration/settings.ts";
import { openDatabase } from "../database/database.ts";
import { createListCache } from "../lists/list-cache.ts";
import { createListStore } from "../lists/list-store.ts";
import { openRedis } from "../redis/redis-connection.ts";
import { createReminderQueue } from "../reminders/reminder-queue.ts";
import { createReminderStore } from "../reminders/reminder-store.ts";
import { orExit, runService } from "../service/run-service.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createApiApplication } from "./api-application.ts";

const settings = orExit(
  () => createLogger({ service: "api", level: "info" }),
  () => readSettings(apiSettings, process.env),
);
const logger = createLogger({ service: "api", level: settings.LOG_LEVEL });

await runService(logger, async () => {
  const database = openDatabase(settings.DATABASE_URL, logger);
  const redis = openRedis(settings.REDIS_URL, logger);
  const app = createApiApplication(
    {
      database,
      redis,
      lists: createListStore(database),
      cache: createListCache(redis, settings.LIST_CACHE_SECONDS),
      accounts: createAccountStore(database),
      passwords: createPasswords(),
      sessions: createSessions({ secret: settings.JWT_SECRET, hours: settings.SESSION_HOURS }),
      reminders: createReminderStore(database),
      queue: createReminderQueue(redis),
      secureCookies: settings.PUBLIC_URL.startsWith("https:"),
      now: () => new Date(),
    },
    logger,
  );
  await app.listen({ host: settings.HOST, port: settings.PORT });
  return {
    close: async () => {
      await app.close();
      await redis.close();
      await database.close();
    },
  };
});
