import cookie from "@fastify/cookie";
import type { FastifyInstance } from "fastify";
import { createHttpApplication } from "../http/http-application.ts";
import type { Logger } from "../telemetry/logger.ts";
import { registerAccountRoutes } from "./account-routes.ts";
import type { ApiContext } from "./api-context.ts";
import { registerItemRoutes } from "./item-routes.ts";
import { registerListRoutes } from "./list-routes.ts";
import { registerReminderRoutes } from "./reminder-routes.ts";

export function createApiApplication(context: ApiContext, logger: Logger): FastifyInstance {
  const app = createHttpApplication(logger);
  app.register(cookie);
  registerListRoutes(app, context);
  registerItemRoutes(app, context);
  registerReminderRoutes(app, context);
  registerAccountRoutes(app, context);

  // Alive: answers 200 while the process can answer; what it goes on without is named.
  app.get("/health", async () => {
    const database = (await context.database.isReachable()) ? "up" : "down";
    const redis = context.redis.isUp() ? "up" : "down";
    return { status: database === "up" && redis === "up" ? "ok" : "degraded", database, redis };
  });

  // Ready: can do its work. Redis is not needed for that.
  app.get("/ready", async (_request, reply) => {
    const ready = await context.database.isReachable();
    return reply.status(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready" });
  });
  return app;
}
