import { ConfigurationError } from "../configuration/settings.ts";
import type { Logger } from "../telemetry/logger.ts";

export interface RunningService {
  /** Stops taking work, finishes what is in hand, lets go of connections. */
  close(): Promise<void>;
}

const shutdownLimitMs = 10_000;
const configurationExitCode = 78;

/** Starts a service and stops it on SIGTERM or SIGINT; what it cannot handle ends the process, so that a supervisor starts it afresh. */
export async function runService(logger: Logger, start: () => Promise<RunningService>): Promise<void> {
  process.on("uncaughtException", (error) => {
    logger.fatal({ err: error }, `uncaught: ${error.message}`);
    process.exit(1);
  });
  const service = await start();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void shutDown(logger, service, signal));
  }
}

/** Runs `read`; a configuration that does not hold ends the process with every finding named. */
export function orExit<Settings>(createFallbackLogger: () => Logger, read: () => Settings): Settings {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    createFallbackLogger().fatal({ variables: error.variables }, error.message);
    process.exit(configurationExitCode);
  }
}

async function shutDown(logger: Logger, service: RunningService, signal: string): Promise<void> {
  logger.info({ signal }, "shutting down");
  setTimeout(() => {
    logger.error({ limitMs: shutdownLimitMs }, "shutdown took too long");
    process.exit(1);
  }, shutdownLimitMs).unref();
  try {
    await service.close();
    logger.info("stopped");
    process.exit(0);
  } catch (error) {
    logger.error({ err: error }, "shutdown failed");
    process.exit(1);
  }
}
