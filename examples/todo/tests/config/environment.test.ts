import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  apiSettings,
  ConfigurationError,
  type DeployEnvironment,
  mailSettings,
  readEnvironmentFile,
  readSettings,
  webSettings,
  workerSettings,
} from "../../src/configuration/settings.ts";

// Which deployment environment is proven: staging unless told otherwise.
const environment = (process.env.DEPLOY_ENVIRONMENT ?? "staging") as DeployEnvironment;
const folder = join(import.meta.dirname, "../../config/environments");

/** Secrets are not in the repository: where none is given, one that has the right shape stands in. */
const secrets = {
  DATABASE_URL: process.env.DATABASE_URL ?? "postgres://todo:stand-in@postgres:5432/todo",
  JWT_SECRET: process.env.JWT_SECRET ?? randomBytes(48).toString("base64"),
};
const variables = { DEPLOY_ENVIRONMENT: environment, ...secrets };

describe(`the configuration of ${environment}`, () => {
  test.each([
    ["web", webSettings],
    ["api", apiSettings],
    ["worker", workerSettings],
    ["mail", mailSettings],
  ])("assembles for %s", (_service, schema) => {
    expect(readSettings<{ DEPLOY_ENVIRONMENT: string }>(schema, variables, folder)).toMatchObject({ DEPLOY_ENVIRONMENT: environment });
  });

  test.each(Object.keys(secrets))("stops by name without %s", (name) => {
    const read = () => readSettings(apiSettings, { ...variables, [name]: undefined }, folder);

    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(new RegExp(`${name} is not set`));
  });

  test("has no secret in its file", () => {
    const names = Object.keys(readEnvironmentFile(folder, environment));

    expect(names).not.toHaveLength(0);
    expect(names.filter((name) => /SECRET|PASSWORD|TOKEN|KEY|DATABASE_URL/.test(name))).toEqual([]);
  });

  test("has the same names as the file for development, so that nothing is forgotten", () => {
    const names = (name: DeployEnvironment) => Object.keys(readEnvironmentFile(folder, name)).sort();

    expect(names(environment)).toEqual(names("development"));
  });

  test("is reached by people over https only, at an address of its own", () => {
    const { PUBLIC_URL } = readSettings(apiSettings, variables, folder);

    expect(new URL(PUBLIC_URL).protocol).toBe("https:");
    expect(new URL(PUBLIC_URL).pathname).toBe("/");
    expect(new URL(PUBLIC_URL).hostname).not.toMatch(/localhost|127\.0\.0\.1/);
    const others = (["development", "staging", "production"] as const).filter((name) => name !== environment);
    expect(others.map((name) => readEnvironmentFile(folder, name).PUBLIC_URL)).not.toContain(PUBLIC_URL);
  });

  test("does not log what is meant for debugging", () => {
    expect(["info", "warn", "error"]).toContain(readSettings(apiSettings, variables, folder).LOG_LEVEL);
  });

  test("keeps nobody signed in for longer than a day", () => {
    expect(readSettings(apiSettings, variables, folder).SESSION_HOURS).toBeLessThanOrEqual(24);
  });

  test("refuses the secret that development falls back to", () => {
    const read = () => readSettings(apiSettings, { ...variables, JWT_SECRET: "development-only-secret-change-me-please" }, folder);

    expect(read).toThrow(/JWT_SECRET is the development secret/);
  });
});
