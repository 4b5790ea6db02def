import { describe, expect, test } from "vitest";
import { apiSettings, ConfigurationError, developmentJwtSecret, readSettings, webSettings } from "./settings.ts";

const secrets = { DATABASE_URL: "postgres://todo@postgres/todo", JWT_SECRET: developmentJwtSecret };

describe("settings", () => {
  test("come from the environment's file, and from the process above it", () => {
    const settings = readSettings(apiSettings, { ...secrets, LOG_LEVEL: "warn" });

    expect(settings).toMatchObject({
      DEPLOY_ENVIRONMENT: "development",
      PUBLIC_URL: "http://localhost:3000",
      LOG_LEVEL: "warn",
      PORT: 8000,
    });
  });

  test("that are missing or wrong are all named at once", () => {
    const read = () => readSettings(apiSettings, { DATABASE_URL: "mysql://x", JWT_SECRET: "short", PORT: "many" });

    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(/DATABASE_URL must be a postgres.*JWT_SECRET must have at least 32/);
    expect(read).toThrow(/PORT/);
  });

  test("set to nothing count as not set", () => {
    expect(() => readSettings(apiSettings, { ...secrets, DATABASE_URL: "" })).toThrow(/DATABASE_URL is not set/);
    expect(readSettings(webSettings, { API_URL: "" }).API_URL).toBe("http://api:8000");
  });

  test("of an environment nobody knows are refused", () => {
    expect(() => readSettings(webSettings, { DEPLOY_ENVIRONMENT: "prod" })).toThrow(
      /DEPLOY_ENVIRONMENT must be one of development, staging, production/,
    );
  });

  test("lose the slash at the end of an address, so that paths can be appended", () => {
    expect(readSettings(webSettings, { API_URL: "http://api:8000/" }).API_URL).toBe("http://api:8000");
  });
});
