import { describe, expect, test } from "vitest";
import type { RedisConnection } from "../redis/redis-connection.ts";
import type { List } from "./list.ts";
import { createListCache } from "./list-cache.ts";

const list: List = { id: "AAAAAAAAAAAAAAAAAAAAAA", title: "", ownerId: null, createdAt: "2030-01-01T00:00:00Z", items: [] };

/** Redis as far as the cache uses it: SET with NX, GET; it can go away and come back. */
function fakeRedis() {
  const values = new Map<string, string>();
  const listeners: (() => void)[] = [];
  let up = true;
  const client = {
    get: async (key: string) => values.get(key) ?? null,
    set: async (key: string, value: string, ...options: unknown[]) => {
      if (options.includes("NX") && values.has(key)) return null;
      values.set(key, value);
      return "OK";
    },
  };
  const connection: RedisConnection = {
    // The cache calls nothing but get and set.
    attempt: async (work) => (up ? work(client as unknown as Parameters<typeof work>[0]) : undefined),
    isUp: () => up,
    onReady: (listener) => void listeners.push(listener),
    close: async () => undefined,
  };
  const goAway = () => {
    up = false;
  };
  const comeBack = () => {
    up = true;
    for (const listener of listeners) listener();
  };
  const expire = () => values.clear();
  return { connection, goAway, comeBack, expire };
}

describe("the cache of lists", () => {
  test("gives back what was put in", async () => {
    const cache = createListCache(fakeRedis().connection, 30);

    expect(await cache.read(list.id)).toEqual({ list: undefined, outcome: "miss" });
    await cache.fill(list);
    expect(await cache.read(list.id)).toEqual({ list, outcome: "hit" });
  });

  test("a reader that looked before a change cannot put the old list back after it", async () => {
    const cache = createListCache(fakeRedis().connection, 30);

    await cache.forget(list.id);
    await cache.fill(list);

    expect(await cache.read(list.id)).toEqual({ list: undefined, outcome: "miss" });
  });

  test("is passed by while Redis is away", async () => {
    const redis = fakeRedis();
    const cache = createListCache(redis.connection, 30);
    redis.goAway();

    await cache.fill(list);

    expect(await cache.read(list.id)).toEqual({ list: undefined, outcome: "bypass" });
  });

  test("a change made while Redis was away is not forgotten when it comes back", async () => {
    const redis = fakeRedis();
    const cache = createListCache(redis.connection, 30);
    await cache.fill(list);
    redis.goAway();

    await cache.forget(list.id);
    redis.comeBack();

    expect((await cache.read(list.id)).list).toBeUndefined();
  });
});
