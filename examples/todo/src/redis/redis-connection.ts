import { Redis } from "ioredis";
import type { Logger } from "../telemetry/logger.ts";

/** Redis as an accelerator: every answer may be "not now", and nobody waits long for it. */
export interface RedisConnection {
  /** What `work` answers, or undefined at once while Redis is away. Never rejects. */
  attempt<Result>(work: (redis: Redis) => Promise<Result>): Promise<Result | undefined>;
  isUp(): boolean;
  /** Called each time Redis has come (back). */
  onReady(listener: () => void): void;
  close(): Promise<void>;
}

const commandTimeoutMs = 250;
const connectTimeoutMs = 1_000;
/** After a failed command Redis is left alone this long, so that a hanging Redis costs one timeout, not one per request. */
const restAfterFailureMs = 1_000;

export function openRedis(url: string, logger: Logger, now: () => number = Date.now): RedisConnection {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: connectTimeoutMs,
    retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 4), 1_000),
  });
  let restUntil = 0;
  let reportedDown = false;
  const reportDown = (error: Error) => {
    if (!reportedDown) logger.warn({ err: error }, "redis is away, going on without it");
    reportedDown = true;
  };
  redis.on("error", reportDown);
  redis.on("ready", () => {
    restUntil = 0;
    if (reportedDown) logger.info("redis is back");
    reportedDown = false;
  });

  const isUp = () => redis.status === "ready" && now() >= restUntil;
  return {
    isUp,
    attempt: async (work) => {
      if (!isUp()) return undefined;
      try {
        return await work(redis);
      } catch (error) {
        restUntil = now() + restAfterFailureMs;
        reportDown(error as Error);
        return undefined;
      }
    },
    onReady: (listener) => redis.on("ready", listener),
    close: async () => {
      redis.disconnect();
    },
  };
}
