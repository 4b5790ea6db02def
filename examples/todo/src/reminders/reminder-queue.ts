import { z } from "zod";
import type { RedisConnection } from "../redis/redis-connection.ts";

/** What travels through the queue: which reminder, and the trace of the request that asked for it. */
export interface QueuedReminder {
  readonly reminderId: string;
  readonly traceparent: string;
}

/**
 * A sorted set in Redis, scored by due time, that wakes the worker the moment something is due. It may lose entries
 * (Redis dies, a worker dies after taking one): the outbox in PostgreSQL has them all, and the worker sweeps it.
 */
export interface ReminderQueue {
  /** False when Redis is away; the sweep will find the reminder. */
  put(entry: QueuedReminder, dueAt: Date): Promise<boolean>;
  takeDue(now: Date, limit: number): Promise<QueuedReminder[]>;
}

const key = "reminders:due";
const entrySchema = z.object({ reminderId: z.uuid(), traceparent: z.string() });

export function createReminderQueue(redis: RedisConnection): ReminderQueue {
  return {
    put: async (entry, dueAt) => (await redis.attempt((client) => client.zadd(key, dueAt.getTime(), JSON.stringify(entry)))) !== undefined,
    takeDue: async (now, limit) => {
      const members = await redis.attempt((client) => client.zrangebyscore(key, 0, now.getTime(), "LIMIT", 0, limit));
      const taken: QueuedReminder[] = [];
      for (const member of members ?? []) {
        // Whoever removes it has it: two workers never take the same entry.
        const removed = await redis.attempt((client) => client.zrem(key, member));
        if (removed === 1) taken.push(entrySchema.parse(JSON.parse(member)));
      }
      return taken;
    },
  };
}
