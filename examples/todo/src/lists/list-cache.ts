import type { RedisConnection } from "../redis/redis-connection.ts";
import type { List } from "./list.ts";

/**
 * Lists kept in Redis for a short while.
 *
 * A change puts a marker in the list's place for a second, and readers fill only an empty place. So a reader that read the
 * database before the change cannot put the old list back after it. Changes made while Redis was away are remembered and
 * forgotten there when it comes back; the time to live bounds what a crash in between could leave.
 */
export interface ListCache {
  read(id: string): Promise<{ list: List | undefined; outcome: "hit" | "miss" | "bypass" }>;
  fill(list: List): Promise<void>;
  forget(id: string): Promise<void>;
}

const changedMarker = "changed";
const markerMs = 1_000;
const rememberedLimit = 10_000;

export function createListCache(redis: RedisConnection, secondsToLive: number): ListCache {
  const missed = new Set<string>();
  const mark = (id: string) => redis.attempt((client) => client.set(key(id), changedMarker, "PX", markerMs));
  const forget = async (id: string) => {
    if ((await mark(id)) === undefined && missed.size < rememberedLimit) missed.add(id);
  };
  redis.onReady(() => {
    for (const id of missed) {
      missed.delete(id);
      void forget(id);
    }
  });
  return {
    read: async (id) => {
      if (missed.has(id)) return { list: undefined, outcome: "bypass" };
      const answer = await redis.attempt(async (client) => ({ text: await client.get(key(id)) }));
      if (!answer) return { list: undefined, outcome: "bypass" };
      if (answer.text === null || answer.text === changedMarker) return { list: undefined, outcome: "miss" };
      // Only `fill` writes here, under a key that names the version of the shape.
      return { list: JSON.parse(answer.text) as List, outcome: "hit" };
    },
    fill: async (list) => {
      if (!missed.has(list.id)) await redis.attempt((client) => client.set(key(list.id), JSON.stringify(list), "EX", secondsToLive, "NX"));
    },
    forget,
  };
}

function key(id: string): string {
  return `list:v1:${id}`;
}
