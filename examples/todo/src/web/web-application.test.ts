import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Fastify from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "../telemetry/logger.ts";
import { createWebApplication } from "./web-application.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

describe("the web server", () => {
  let root: string;
  let lines: Record<string, unknown>[];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "todo-web-"));
    mkdirSync(join(root, "public"));
    mkdirSync(join(root, "dist/page"), { recursive: true });
    writeFileSync(join(root, "public/index.html"), '<html lang="en">');
    writeFileSync(join(root, "dist/page/main.js"), "1");
    lines = [];
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const web = (apiUrl: string) =>
    createWebApplication({
      apiUrl,
      root,
      logger: createLogger({ service: "web", level: "info", destination: { write: (line) => void lines.push(JSON.parse(line)) } }),
    });

  test("hands a request on with its trace, and the answer back with its cookies", async () => {
    const upstream = Fastify();
    upstream.post("/echo", async (request, reply) =>
      reply.status(201).header("set-cookie", "a=1").send({ headers: request.headers, body: request.body }),
    );
    const app = web(await upstream.listen({ host: "127.0.0.1", port: 0 }));

    const answer = await app.inject({
      method: "POST",
      url: "/api/echo",
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, "idempotency-key": "k", "x-secret": "stays" },
      payload: { title: "우유" },
    });

    await upstream.close();
    expect(answer.statusCode).toBe(201);
    expect(answer.headers["set-cookie"]).toBe("a=1");
    const seen = answer.json();
    expect(seen.body).toEqual({ title: "우유" });
    expect(seen.headers).toMatchObject({ "x-request-id": traceId, "idempotency-key": "k" });
    expect(seen.headers.traceparent).toContain(traceId);
    expect(seen.headers).not.toHaveProperty("x-secret");
  });

  test("tries again while nobody listens, then says that the service is away", async () => {
    const upstream = Fastify();
    const apiUrl = await upstream.listen({ host: "127.0.0.1", port: 0 });
    await upstream.close();

    const answer = await web(apiUrl).inject("/api/lists");

    expect(answer.statusCode).toBe(502);
    expect(answer.json().error.code).toBe("api_unreachable");
    expect(lines.filter((line) => line.level === "warn")).toHaveLength(5);
    expect(lines.at(-2)).toMatchObject({ level: "error", msg: `the api did not answer GET ${apiUrl}/lists` });
  });

  test("logs a file that the page asks for and that is not there", async () => {
    const answer = await web("http://127.0.0.1:9").inject("/assets/missing.css");

    expect(answer.statusCode).toBe(404);
    expect(lines[0]).toMatchObject({ level: "error", url: "/assets/missing.css" });
  });

  test("serves scripts as scripts", async () => {
    const answer = await web("http://127.0.0.1:9").inject("/assets/main.js");

    expect(answer.headers["content-type"]).toContain("javascript");
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  });
});
