import { join } from "node:path";
import { readSettings, webSettings } from "../configuration/settings.ts";
import { orExit, runService } from "../service/run-service.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createWebApplication } from "./web-application.ts";

const settings = orExit(
  () => createLogger({ service: "web", level: "info" }),
  () => readSettings(webSettings, process.env),
);
const logger = createLogger({ service: "web", level: settings.LOG_LEVEL });

await runService(logger, async () => {
  const app = createWebApplication({ apiUrl: settings.API_URL, root: join(import.meta.dirname, "../.."), logger });
  await app.listen({ host: settings.HOST, port: settings.PORT });
  return app;
});
