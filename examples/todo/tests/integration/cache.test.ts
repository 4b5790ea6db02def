import { describe, expect, test } from "vitest";
import { call, type List, startList } from "./todo-client.ts";
import { waitUntil } from "./wait-until.ts";

describe("the cache of lists", () => {
  test("a list read twice comes from the cache the second time", async () => {
    const { id } = await startList(["Often read"]);

    expect((await call(`GET /lists/${id}`)).headers.get("x-cache")).toBe("miss");
    expect((await call(`GET /lists/${id}`)).headers.get("x-cache")).toBe("hit");
  });

  test("a change is seen at once, and the list is cached again after a while", async () => {
    const { id } = await startList(["Before"]);
    await call(`GET /lists/${id}`);
    await call(`GET /lists/${id}`);

    await call(`POST /lists/${id}/items`, { body: { title: "After" } });

    const answer = await call<List>(`GET /lists/${id}`);
    expect(answer.headers.get("x-cache")).toBe("miss");
    expect(answer.body.items.map((item) => item.title)).toEqual(["Before", "After"]);
    await waitUntil("a hit", async () => ((await call(`GET /lists/${id}`)).headers.get("x-cache") === "hit" ? true : undefined));
  });

  test("readers that come with a writer never leave an old list behind", async () => {
    const { id, items } = await startList(["0"]);
    const path = `/lists/${id}/items/${items[0]?.id}` as const;

    for (let round = 1; round <= 10; round++) {
      const readers = Array.from({ length: 5 }, () => call(`GET /lists/${id}`));
      await Promise.all([call(`PATCH ${path}`, { body: { title: String(round) } }), ...readers]);
      expect((await call<List>(`GET /lists/${id}`)).body.items[0]?.title).toBe(String(round));
    }
  });
});
