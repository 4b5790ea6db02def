import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { call, type List, startList } from "./todo-client.ts";

describe("requests with an Idempotency-Key", () => {
  test("the same request twice is done once, and answered the same", async () => {
    const { id } = await startList(["There"]);
    const request = { body: { title: "Once" }, headers: { "idempotency-key": randomUUID() } };

    const first = await call(`POST /lists/${id}/items`, request);
    const second = await call(`POST /lists/${id}/items`, request);

    expect(second).toMatchObject({ status: first.status, body: first.body });
    expect(second.headers.get("idempotent-replay")).toBe("true");
    expect((await call<List>(`GET /lists/${id}`)).body.items).toHaveLength(2);
  });

  test("ten at the same moment are done once", async () => {
    const request = { body: { items: ["Only one list"] }, headers: { "idempotency-key": randomUUID() } };

    const answers = await Promise.all(Array.from({ length: 10 }, () => call<List>("POST /lists", request)));

    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
  });

  test("a key used for another request is refused", async () => {
    const headers = { "idempotency-key": randomUUID() };
    await call("POST /lists", { body: { items: ["One"] }, headers });

    const answer = await call("POST /lists", { body: { items: ["Two"] }, headers });

    expect(answer).toMatchObject({ status: 422, body: { error: { code: "idempotency_key_reused" } } });
  });
});
