import { expect, test } from "vitest";
import { closeMocksAfterEach, runMock } from "./testing/running-mock.ts";

closeMocksAfterEach();

test.each(["/__admin/docs", "/__admin/swagger-ui/"])("%s is a page that lists the routes", async (path) => {
  const { ask } = await runMock();
  const { status, text, headers } = await ask("GET", path);
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("text/html");
  expect(text).toContain("<html");
  expect(text).toContain("/__admin/mappings");
});

test("the routes are an OpenAPI document laid out as people write it", async () => {
  const { ask } = await runMock();
  const { text, json } = await ask("GET", "/__admin/docs/swagger");
  expect(text).toContain('"openapi": "3.0.0"');
  expect(Object.keys(json.paths)).toContain("/__admin/mappings/{id}");
});
