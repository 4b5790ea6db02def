import { describe, expect, test } from "vitest";
import { apiUrl, call, mailUrl, webUrl } from "./todo-client.ts";

describe("health", () => {
  test.each([
    ["web", webUrl],
    ["api", apiUrl],
    ["mail", mailUrl],
  ])("%s is well", async (_service, url) => {
    const response = await fetch(`${url}/health`);

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: "ok" });
  });

  test("the api is ready and has both of its stores", async () => {
    expect(await call("GET /ready")).toMatchObject({ status: 200, body: { status: "ready" } });
    expect(await call("GET /health")).toMatchObject({ body: { database: "up", redis: "up" } });
  });

  test("an answer names the trace it belongs to: the caller's, or a new one", async () => {
    const traceId = crypto.randomUUID().replaceAll("-", "");

    const continued = await call("GET /health", { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
    const started = await call("GET /health", { headers: { traceparent: "nonsense" } });

    expect(continued.headers.get("x-request-id")).toBe(traceId);
    expect(started.headers.get("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
  });

  test("the page comes in the visitor's language, with its address kept from other sites", async () => {
    const response = await fetch(webUrl, { headers: { "accept-language": "ko-KR,ko;q=0.9,en;q=0.5" } });

    expect(await response.text()).toContain('<html lang="ko">');
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test.each(["/assets/nothing.css", "/assets/../package.json", "/assets/%2e%2e/package.json", "/nowhere"])(
    "%s is not there",
    async (path) => {
      expect((await fetch(`${webUrl}${path}`)).status).toBe(404);
    },
  );
});
