import { describe, expect, test } from "vitest";
import { call, type List, startList } from "./todo-client.ts";

const unknownList = "AAAAAAAAAAAAAAAAAAAAAA";

describe("lists", () => {
  test("a list that anyone started is there for whoever comes back to its address", async () => {
    const started = await startList(["Buy milk"]);

    const { status, body } = await call<List>(`GET /lists/${started.id}`);

    expect(status).toBe(200);
    expect(body.items.map((item) => item.title)).toEqual(["Buy milk"]);
    expect(body).toMatchObject({ owned: false, mine: false });
  });

  test("two lists have different addresses that cannot be guessed, and do not mix", async () => {
    const [first, second] = await Promise.all([startList(["Mine"]), startList(["Yours"])]);

    expect(first.id).toMatch(/^[\w-]{22}$/);
    expect(first.id).not.toBe(second.id);
    const { body } = await call<List>(`GET /lists/${second.id}`);
    expect(body.items.map((item) => item.title)).toEqual(["Yours"]);
  });

  test("items are added in order, completed, renamed and deleted", async () => {
    const { id } = await startList(["One"]);
    const added = await call<{ id: string }>(`POST /lists/${id}/items`, { body: { title: "Two" } });
    expect(added.status).toBe(201);
    const third = await call<{ id: string }>(`POST /lists/${id}/items`, { body: { title: "Three" } });

    const changed = await call(`PATCH /lists/${id}/items/${added.body.id}`, { body: { title: "Second", done: true } });
    expect(changed.body).toMatchObject({ title: "Second", done: true });
    expect((await call(`DELETE /lists/${id}/items/${third.body.id}`)).status).toBe(204);

    const { body } = await call<List>(`GET /lists/${id}`);
    expect(body.items.map(({ title, done }) => [title, done])).toEqual([
      ["One", false],
      ["Second", true],
    ]);
  });

  test("an item keeps a title in any script", async () => {
    const { id, items } = await startList(["Milk"]);

    const renamed = await call(`PATCH /lists/${id}/items/${items[0]?.id}`, { body: { title: "우유 사기 🥛" } });

    expect(renamed.status).toBe(200);
    const { body } = await call<List>(`GET /lists/${id}`);
    expect(body.items[0]?.title).toBe("우유 사기 🥛");
  });

  test("an item deleted twice is gone, without complaint", async () => {
    const { id, items } = await startList(["Once"]);
    const path = `DELETE /lists/${id}/items/${items[0]?.id}` as const;

    expect((await call(path)).status).toBe(204);
    expect((await call(path)).status).toBe(204);
  });

  test("a list gets a name", async () => {
    const { id } = await startList(["Tent"]);

    expect((await call(`PATCH /lists/${id}`, { body: { title: "Camping" } })).status).toBe(204);

    expect((await call<List>(`GET /lists/${id}`)).body.title).toBe("Camping");
  });

  test.each([
    ["an empty title", { title: "  " }, 400, "invalid_title"],
    ["a title of 201 characters", { title: "x".repeat(201) }, 400, "invalid_title"],
    ["no title", {}, 400, "invalid_title"],
    ["a title the list has", { title: "There" }, 409, "duplicate_item"],
  ])("an item with %s is refused by name", async (_case, body, status, code) => {
    const { id } = await startList(["There"]);

    const answer = await call(`POST /lists/${id}/items`, { body });

    expect(answer).toMatchObject({ status, body: { error: { code } } });
  });

  test.each(["GET", "PATCH"] as const)("%s on an address without a list answers 404", async (method) => {
    const answer = await call(`${method} /lists/${unknownList}`, method === "PATCH" ? { body: { title: "x" } } : {});

    expect(answer).toMatchObject({ status: 404, body: { error: { code: "no_such_list" } } });
  });
});
