import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";

/** The value compose.yaml falls back to; refused everywhere but in development. */
export const developmentJwtSecret = "development-only-secret-change-me-please";

const deployEnvironment = z.enum(["development", "staging", "production"]);
export type DeployEnvironment = z.infer<typeof deployEnvironment>;

const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http:// or https:// address" }).transform((url) => url.replace(/\/$/, ""));
const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback);

const common = {
  DEPLOY_ENVIRONMENT: deployEnvironment.default("development"),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
  HOST: z.string().min(1).default("0.0.0.0"),
};
const databaseUrl = z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgres:// address" });
const redisUrl = z.url({ protocol: /^rediss?$/, error: "must be a redis:// or rediss:// address" });

export const webSettings = z.object({ ...common, PORT: port(3000), API_URL: httpUrl });

export const apiSettings = z
  .object({
    ...common,
    PORT: port(8000),
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    PUBLIC_URL: httpUrl,
    JWT_SECRET: z.string().min(32, "must have at least 32 characters"),
    SESSION_HOURS: z.coerce.number().positive().max(720),
    LIST_CACHE_SECONDS: z.coerce.number().int().min(1).max(3600),
  })
  .refine((settings) => settings.DEPLOY_ENVIRONMENT === "development" || settings.JWT_SECRET !== developmentJwtSecret, {
    path: ["JWT_SECRET"],
    error: "is the development secret; set one of this environment's own",
  });

export const workerSettings = z.object({
  ...common,
  PORT: port(8001),
  DATABASE_URL: databaseUrl,
  REDIS_URL: redisUrl,
  PUBLIC_URL: httpUrl,
  MAIL_URL: httpUrl,
  REMINDER_SWEEP_MS: z.coerce.number().int().min(100).max(60_000),
});

export const mailSettings = z.object({ ...common, PORT: port(8025) });

export const migrationSettings = z.object({ ...common, DATABASE_URL: databaseUrl });

export type ApiSettings = z.infer<typeof apiSettings>;
export type WorkerSettings = z.infer<typeof workerSettings>;
export type WebSettings = z.infer<typeof webSettings>;

/** Names every variable that is missing or wrong, all at once. */
export class ConfigurationError extends Error {
  readonly variables: readonly string[];

  constructor(issues: readonly { readonly name: string; readonly reason: string }[]) {
    super(`configuration: ${issues.map((issue) => `${issue.name} ${issue.reason}`).join("; ")}`);
    this.name = "ConfigurationError";
    this.variables = issues.map((issue) => issue.name);
  }
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The settings of one service: the environment's file below, the process's variables above. */
export function readSettings<Settings>(
  schema: z.ZodType<Settings>,
  variables: Variables,
  folder = join(import.meta.dirname, "../../config/environments"),
): Settings {
  const environment = deployEnvironment.safeParse(variables.DEPLOY_ENVIRONMENT ?? "development");
  if (!environment.success) {
    throw new ConfigurationError([{ name: "DEPLOY_ENVIRONMENT", reason: `must be one of ${deployEnvironment.options.join(", ")}` }]);
  }
  const values: Variables = { ...readEnvironmentFile(folder, environment.data), ...withoutEmpty(variables) };
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  throw new ConfigurationError(
    result.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? "?");
      const missing = issue.code === "invalid_type" && values[name] === undefined;
      return { name, reason: missing ? "is not set" : issue.message };
    }),
  );
}

export function readEnvironmentFile(folder: string, environment: DeployEnvironment): Record<string, string | undefined> {
  return parseEnv(readFileSync(join(folder, `${environment}.env`), "utf8"));
}

/** Compose passes `NAME=` for a variable that was never set; that is not a value. */
function withoutEmpty(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
}
