import { readFileSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { createHttpApplication } from "../http/http-application.ts";
import type { Logger } from "../telemetry/logger.ts";
import { registerApiProxy } from "./api-proxy.ts";
import { preferredLanguage } from "./language.ts";

export interface WebOptions {
  readonly apiUrl: string;
  /** Holds public/ and dist/page/. */
  readonly root: string;
  readonly logger: Logger;
}

const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const pagePaths = ["/", "/account", "/lists/:listId"];
const upstreamProbeMs = 1_000;

/** Serves the page and hands /api on. Every address of the page is the same document; its script shows what belongs there. */
export function createWebApplication({ apiUrl, root, logger }: WebOptions): FastifyInstance {
  const app = createHttpApplication(logger);
  const document = readFileSync(join(root, "public/index.html"), "utf8");

  app.addHook("onSend", async (_request, reply) => {
    reply.headers({
      "content-security-policy": contentSecurityPolicy,
      "x-content-type-options": "nosniff",
      // The address of a list is its key: it must not travel to other sites.
      "referrer-policy": "no-referrer",
    });
  });

  for (const path of pagePaths) {
    app.get(path, async (request, reply) => {
      const language = preferredLanguage(request.headers["accept-language"]);
      reply.type("text/html; charset=utf-8").headers({ "cache-control": "no-cache", vary: "accept-language" });
      return document.replace('lang="en"', `lang="${language}"`);
    });
  }

  app.register(
    async (assets) => {
      assets.register(fastifyStatic, { root: [join(root, "public"), join(root, "dist/page")], cacheControl: false, index: false });
      assets.setNotFoundHandler((request, reply) => {
        // The page asks only for what we ship: a missing file is a fault of ours.
        logger.error({ url: request.url, referer: request.headers.referer }, `the page asked for ${request.url}, which is not there`);
        return reply.status(404).send({ error: { code: "not_found", message: "there is no such file" } });
      });
    },
    { prefix: "/assets" },
  );

  registerApiProxy(app, { apiUrl, logger });

  app.get("/health", async () => {
    const api = await fetch(`${apiUrl}/health`, { signal: AbortSignal.timeout(upstreamProbeMs) }).then(
      (response) => (response.ok ? "up" : "down"),
      () => "down",
    );
    return { status: api === "up" ? "ok" : "degraded", api };
  });
  return app;
}
