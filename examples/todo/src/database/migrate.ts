// npm run migrate                 applies every migration that is missing
// npm run migrate -- down [N]     takes back the newest N (1)
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { migrationSettings, readSettings } from "../configuration/settings.ts";
import { retry } from "../resilience/retry.ts";
import { orExit } from "../service/run-service.ts";
import { createLogger, type Logger } from "../telemetry/logger.ts";
import { isConnectionLoss } from "./connection-loss.ts";
import { type MigrationStep, pairMigrations, planMigrations } from "./migration-plan.ts";

/** Any number, the same for every process that migrates this system: two at once wait for one another. */
const advisoryLock = 7_305_411;
const folder = join(import.meta.dirname, "../../migrations");

const logger = createLogger({ service: "migrate", level: "info" });
const settings = orExit(
  () => logger,
  () => readSettings(migrationSettings, process.env),
);
const request = readRequest(process.argv.slice(2));
const client = await connect(settings.DATABASE_URL, logger);
try {
  await client.query("select pg_advisory_lock($1)", [advisoryLock]);
  await client.query("create table if not exists schema_migration (name text primary key, applied_at timestamptz not null default now())");
  const { rows } = await client.query<{ name: string }>("select name from schema_migration order by name");
  const steps = planMigrations(
    readMigrations(),
    rows.map((row) => row.name),
    request,
  );
  for (const step of steps) await apply(client, step);
  logger.info({ applied: steps.length }, steps.length === 0 ? "nothing to migrate" : `migrated ${request.direction}`);
} finally {
  await client.end();
}

function readRequest(args: readonly string[]): { direction: "up" } | { direction: "down"; count: number } {
  const [direction = "up", count = "1"] = args;
  if (direction === "up") return { direction };
  if (direction === "down" && /^[1-9]\d*$/.test(count)) return { direction, count: Number(count) };
  logger.fatal(`usage: npm run migrate [-- up | down [N]], got: ${args.join(" ")}`);
  process.exit(2);
}

function readMigrations() {
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  return pairMigrations(Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), "utf8")])));
}

async function connect(url: string, log: Logger): Promise<pg.Client> {
  return retry(
    async () => {
      const attempt = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
      await attempt.connect();
      return attempt;
    },
    {
      attempts: 10,
      firstDelayMs: 100,
      longestDelayMs: 2_000,
      isWorthRetrying: isConnectionLoss,
      onRetry: (error) => log.warn({ err: error }, "the database was not reachable, trying again"),
      wait: (delayMs) => delay(delayMs),
    },
  );
}

async function apply(connection: pg.Client, { direction, migration }: MigrationStep): Promise<void> {
  await connection.query("begin");
  try {
    await connection.query(migration[direction]);
    await connection.query(
      direction === "up" ? "insert into schema_migration (name) values ($1)" : "delete from schema_migration where name = $1",
      [migration.name],
    );
    await connection.query("commit");
    logger.info({ migration: migration.name, direction }, `${direction}: ${migration.name}`);
  } catch (error) {
    await connection.query("rollback");
    throw error;
  }
}
