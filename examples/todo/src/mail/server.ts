import { mailSettings, readSettings } from "../configuration/settings.ts";
import { orExit, runService } from "../service/run-service.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createMailApplication } from "./mail-application.ts";

const settings = orExit(
  () => createLogger({ service: "mail", level: "info" }),
  () => readSettings(mailSettings, process.env),
);
const logger = createLogger({ service: "mail", level: settings.LOG_LEVEL });

await runService(logger, async () => {
  const app = createMailApplication(logger);
  await app.listen({ host: settings.HOST, port: settings.PORT });
  return app;
});
