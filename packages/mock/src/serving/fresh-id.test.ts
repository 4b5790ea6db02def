import { expect, test } from "vitest";
import { FreshIds } from "./fresh-id.ts";

test("ids are random UUIDs of version 4, no two alike", () => {
  const ids = new FreshIds();
  const made = Array.from({ length: 10_000 }, () => ids.next());
  expect(new Set(made).size).toBe(made.length);
  for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
