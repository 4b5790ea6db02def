import { createHash } from "node:crypto";
import { type DojangFileInput, dojangFile, plainService, type ServiceSpec } from "@dojang/model";
import { describe, expect, test } from "vitest";
import { checkProduction, worstFirst } from "./check-production.ts";
import type { ChecklistFacts } from "./checklist-point.ts";
import { secretStrength } from "./secret-strength.ts";

const day = 24 * 60 * 60_000;
const now = Date.UTC(2026, 10, 21);
const random = "q7Xv2LmZ9rTb4KsW8nYc";
const other = "fG5hJ1dS0pQ3wE6aU7iO";

type Environment = NonNullable<DojangFileInput["environments"]>[string];
type Deploy = Record<string, unknown>;

interface Changes {
  readonly environment?: Environment;
  readonly deploy?: Deploy | null;
  readonly service?: (service: ServiceSpec) => ServiceSpec;
  readonly values?: Readonly<Record<string, string>>;
  readonly facts?: Partial<ChecklistFacts>;
}

const environment = {
  variables: ["CORS_ORIGINS"],
  secrets: ["POSTGRES_PASSWORD", "JWT_SECRET", "ALERT_URL"],
  site: {
    hosts: ["todo.example.com"],
    routes: [{ path: "/", to: "api" }],
    tls: { acme: {} },
    hsts: "365d",
    "rate-limit": { rate: "50/s" },
    health: "GET /health",
  },
  smoke: [{ run: "npm run test:smoke" }],
  backups: { services: ["db"], to: [{ s3: { bucket: "b" } }] },
  watch: { probes: [{ http: "GET /health" }], alerts: [{ slack: "ALERT_URL" }] },
} satisfies Environment;

const deploy: Deploy = {
  kind: "deploy",
  environment: "production",
  needs: ["test"],
  approval: { by: ["maintainers"], not: ["author"] },
  migrate: { run: "npm run migrate", in: "api" },
  backup: { before: ["db"] },
  rollback: { on: ["health", "errors > 2%"] },
};

function makeService(name: string, more: Partial<ServiceSpec>): ServiceSpec {
  return {
    ...plainService(name, { kind: "image", image: "postgres:16-alpine" }),
    limits: { memoryBytes: 256 * 1024 * 1024 },
    ...more,
  };
}

const services = [
  makeService("api", {
    program: {
      kind: "build",
      context: "/x",
      args: {},
      recipe: { language: "node", build: [], command: ["node"], directory: "/app", environment: {}, origin: "" },
    },
    environment: { NODE_ENV: "production", JWT_SECRET: other },
    health: {
      probe: { kind: "http", method: "GET", path: "/health", port: 80 },
      intervalMs: 1,
      timeoutMs: 1,
      retries: 1,
      startPeriodMs: 0,
    },
  }),
  makeService("db", {
    environment: { POSTGRES_PASSWORD: random },
    mounts: [{ kind: "volume", volume: "data", target: "/var/lib/postgresql/data", readOnly: false }],
  }),
];

const values = {
  POSTGRES_PASSWORD: random,
  JWT_SECRET: other,
  ALERT_URL: "https://hooks.example.com/T0/B0",
  CORS_ORIGINS: "https://todo.example.com",
};

function check(changes: Changes = {}) {
  const job = changes.deploy === null ? {} : { production: { ...deploy, ...changes.deploy } };
  const file = dojangFile.parse({
    version: 1,
    environments: { production: { ...environment, ...changes.environment }, staging: {} },
    jobs: { test: { steps: [{ run: "npm test" }] }, ...job },
  });
  const facts: ChecklistFacts = {
    services: services.map(changes.service ?? ((service) => service)),
    composeText: "JWT_SECRET: $" + "{JWT_SECRET:-for my machine}",
    others: { staging: { JWT_SECRET: "another" } },
    machineMemoryBytes: 4 * 1024 ** 3,
    backups: [{ service: "db", newestAt: now - day / 2, provenAt: now - day }],
    now,
    ...changes.facts,
  };
  return checkProduction({
    project: { file, services: [], composeFile: undefined },
    environment: "production",
    values: { ...values, ...changes.values },
    facts,
  });
}

const only = (name: string, change: (service: ServiceSpec) => ServiceSpec) => (service: ServiceSpec) =>
  service.name === name ? change(service) : service;
const withEnv = (name: string, more: Record<string, string>) =>
  only(name, (one) => ({ ...one, environment: { ...one.environment, ...more } }));
const site = (more: object) => ({ environment: { site: { ...environment.site, ...more } } });

test("an environment that is as it should be has nothing to say against it, and every point is told", () => {
  const findings = check();
  expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
  expect(findings.length).toBeGreaterThan(25);
  for (const { why, seen, place } of findings)
    expect([why.length > 10, seen.length > 0, place.path]).toEqual([true, true, expect.any(String)]);
});

const without = (key: keyof typeof environment) => ({ environment: { [key]: undefined } });

const cases: readonly [string, Changes, string, string][] = [
  ["secret-weak:JWT_SECRET", { values: { JWT_SECRET: "secret" } }, "fail", "one of the words that everybody tries first"],
  ["secret-weak:JWT_SECRET", { values: { JWT_SECRET: "please-change-me-before-production" } }, "fail", "reads like a placeholder"],
  ["secret-weak:JWT_SECRET", { values: { JWT_SECRET: "a8F3kQ" } }, "fail", "it has 6 characters"],
  ["secret-weak:JWT_SECRET", { values: { JWT_SECRET: "abcdefghijklmnopqrstuvwxyz" } }, "fail", "repeat or follow each other"],
  ["secret-weak:ALERT_URL", { values: { ALERT_URL: "smtp://me:1234@mail:25" } }, "fail", "one of the words"],
  ["secret-shared:JWT_SECRET", { facts: { others: { staging: { JWT_SECRET: other } } } }, "fail", "the same in staging"],
  ["secret-shared:JWT_SECRET", { facts: { others: undefined } }, "unknown", "not known here"],
  ["secret-fallback:JWT_SECRET", { values: { JWT_SECRET: "for my machine" } }, "fail", "the very value of the Compose file's fallback"],
  ["secret-fallback:DB_PASSWORD", { facts: { composeText: "X: $" + "{DB_PASSWORD:-dev}" } }, "fail", "not listed for production"],
  ["secret-fallback", { facts: { composeText: undefined } }, "unknown", "not looked at"],
  ["debug:api.NODE_ENV", { service: withEnv("api", { NODE_ENV: "development" }) }, "fail", "development"],
  ["debug:api.NODE_ENV", { service: only("api", (one) => ({ ...one, environment: {} })) }, "warn", "not set"],
  ["debug:api.DEBUG", { service: withEnv("api", { DEBUG: "express:*" }) }, "fail", "express:*"],
  ["debug:api.DJANGO_DEBUG", { service: withEnv("api", { DJANGO_DEBUG: "True" }) }, "fail", "True"],
  ["debug:api.FLASK_DEBUG", { service: withEnv("api", { FLASK_DEBUG: "1" }) }, "fail", '"1"'],
  ["debug:api.LOG_LEVEL", { service: withEnv("api", { LOG_LEVEL: "trace" }) }, "warn", "trace"],
  ["health:api", { service: only("api", ({ health: _none, ...rest }) => rest) }, "fail", "has none"],
  ["health-site", site({ health: "GET /" }), "warn", "GET / is asked"],
  ["database-password:db", { service: withEnv("db", { POSTGRES_PASSWORD: "postgres" }) }, "fail", "everybody tries first"],
  ["database-password:db", { service: withEnv("db", { POSTGRES_PASSWORD: "Zr8uNwY3xQe6TbLk5Vm2" }) }, "warn", "written in a file"],
  ["database-password:db", { service: withEnv("db", { POSTGRES_HOST_AUTH_METHOD: "trust" }) }, "fail", "no password is asked"],
  ["database-password:db", { service: withEnv("db", { MYSQL_ALLOW_EMPTY_PASSWORD: "yes" }) }, "fail", "MYSQL_ALLOW_EMPTY_PASSWORD is set"],
  ["database-password:db", { service: only("db", (one) => ({ ...one, environment: {} })) }, "unknown", "no variable gives it a password"],
  [
    "database-password:db",
    { service: only("db", (one) => ({ ...one, environment: {}, program: { kind: "image", image: "redis:7" } })) },
    "warn",
    "redis asks no password",
  ],
  [
    "database-ports",
    { service: only("db", (one) => ({ ...one, ports: [{ container: 5432, published: 5432, protocol: "tcp" }] })) },
    "warn",
    "db:5432",
  ],
  [
    "image-tags",
    { service: only("db", (one) => ({ ...one, program: { kind: "image", image: "registry:5000/postgres" } })) },
    "warn",
    "db (registry",
  ],
  ["image-tags", { service: only("db", (one) => ({ ...one, program: { kind: "image", image: "postgres:latest" } })) }, "warn", "db"],
  ["memory", { facts: { machineMemoryBytes: 900 * 1024 * 1024 } }, "fail", "512 MB of limits on a machine of 900 MB"],
  ["memory", { service: only("db", (one) => ({ ...one, limits: {} })) }, "warn", "no limit: db"],
  ["memory", { facts: { machineMemoryBytes: undefined } }, "unknown", "not known"],
  ["site", without("site"), "fail", "no site"],
  ["https", site({ tls: "none" }), "fail", "plain HTTP"],
  ["https", site({ tls: "self-signed" }), "warn", "browsers warn"],
  ["https", site({ tls: { acme: { directory: "https://acme-staging-v02.api.letsencrypt.org/directory" } } }), "warn", "for tests"],
  ["hsts", site({ hsts: undefined }), "warn", "promised nothing"],
  ["hsts", site({ hsts: "1d" }), "warn", "1 days"],
  ["cors:CORS_ORIGINS", { values: { CORS_ORIGINS: "https://a.example, *" } }, "fail", "*"],
  ["cors:api.ALLOWED_ORIGINS", { service: withEnv("api", { ALLOWED_ORIGINS: "*" }) }, "fail", "*"],
  ["cors:header Access-Control-Allow-Origin", site({ headers: { "Access-Control-Allow-Origin": "*" } }), "fail", "*"],
  ["allowed-hosts:api.ALLOWED_HOSTS", { service: withEnv("api", { ALLOWED_HOSTS: "*" }) }, "warn", "*"],
  ["rate-limit", site({ "rate-limit": undefined }), "warn", "none"],
  ["deploy-job", { deploy: null }, "warn", "no job deploys to production"],
  ["approval", { deploy: { approval: undefined } }, "fail", "nobody has to agree"],
  ["approval", { deploy: { approval: { by: ["maintainers"] } } }, "warn", "authors may approve their own"],
  ["migrations", { deploy: { migrate: undefined } }, "fail", "migrates nothing"],
  ["backup-before", { deploy: { backup: undefined } }, "warn", "not before a deployment: db"],
  ["rollback", { deploy: { rollback: undefined } }, "warn", "nothing takes a bad release back"],
  ["tested-before", { deploy: { needs: [] } }, "fail", "waits for no job"],
  ["smoke", without("smoke"), "warn", "never tried"],
  ["backups", without("backups"), "fail", "nothing is saved of db"],
  ["backups", { environment: { backups: { services: ["api"] } } }, "warn", "not saved: db"],
  ["backup-elsewhere", { environment: { backups: { services: ["db"] } } }, "warn", "on this machine alone"],
  ["backup-fresh:db", { facts: { backups: [] } }, "fail", "never saved"],
  ["backup-fresh:db", { facts: { backups: [{ service: "db", newestAt: now - 3 * day }] } }, "fail", "3 days old"],
  ["backup-fresh:db", { facts: { backups: undefined } }, "unknown", "not known"],
  ["backup-proven:db", { facts: { backups: [{ service: "db", newestAt: now }] } }, "fail", "ever restored"],
  ["backup-proven:db", { facts: { backups: [{ service: "db", newestAt: now, provenAt: now - 9 * day }] } }, "fail", "9 days old, 7 days"],
  ["monitoring", without("watch"), "fail", "nothing is looked at"],
  ["alerts", { environment: { watch: {} } }, "fail", "nobody is told"],
  ["error-tracking", without("watch"), "warn", "neither"],
];

test.each(cases)("%s (case %#)", (id, changes, state, seen) => {
  const found = check(changes).filter((finding) => finding.id === id);
  expect(found).toEqual([expect.objectContaining({ state, seen: expect.stringContaining(seen) })]);
  expect(found[0]?.fix.length).toBeGreaterThan(5);
});

describe("what is in order", () => {
  test.each<[string, Changes]>([
    [
      "migrations",
      { deploy: { migrate: undefined }, service: only("db", (one) => ({ ...one, program: { kind: "image", image: "nginx:1.27" } })) },
    ],
    ["debug", { service: withEnv("api", { DEBUG: "false", FLASK_DEBUG: "0", LOG_LEVEL: "info" }) }],
    ["image-tags", { service: only("db", (one) => ({ ...one, program: { kind: "image", image: "postgres@sha256:abc" } })) }],
    ["https", site({ tls: { certificate: "/c.pem", key: "/k.pem" } })],
    ["error-tracking", { environment: { watch: undefined }, values: { SENTRY_DSN: "https://x@sentry.io/1" } }],
    ["secret-weak:JWT_SECRET", { values: { JWT_SECRET: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c" } }],
  ])("%s", (id, changes) => {
    expect(check(changes).find((finding) => finding.id === id)).toMatchObject({ state: "ok", fix: "" });
  });

  test("Redis that keeps nothing needs no backup", () => {
    const cache = { kind: "image", image: "redis:7", command: ["redis-server", "--save", "", "--requirepass", "x"] } as const;
    const findings = check({ ...without("backups"), service: only("db", (one) => ({ ...one, program: cache, environment: {} })) });
    expect(findings.filter(({ id }) => id.startsWith("backup"))).toEqual([
      expect.objectContaining({ id: "backup-before", state: "ok" }),
      expect.objectContaining({ id: "backups", state: "ok", seen: "no service keeps anything" }),
    ]);
    expect(findings.find(({ id }) => id === "database-password:db")).toMatchObject({ state: "ok" });
  });

  test("services that are left out of the environment are not looked at", () => {
    const findings = check({ environment: { services: { "leave-out": ["db"] } } });
    expect(findings.filter(({ id }) => id.endsWith(":db")).map(({ id }) => id)).toEqual(["backup-fresh:db", "backup-proven:db"]);
  });
});

test("no finding holds the value of a secret, whatever is wrong with it", () => {
  const findings = check({
    values: { JWT_SECRET: "hunter2hunter2", POSTGRES_PASSWORD: "hunter2hunter2" },
    facts: { others: { staging: { JWT_SECRET: "hunter2hunter2" } } },
  });
  expect(JSON.stringify(findings)).not.toContain("hunter2");
});

test("the worst come first", () => {
  const states = worstFirst(check({ ...without("watch"), facts: { machineMemoryBytes: undefined } })).map(({ state }) => state);
  expect([...new Set(states)]).toEqual(["fail", "unknown", "warn", "ok"]);
});

test("an environment that dojang.yml does not have is refused with those it has", () => {
  const file = dojangFile.parse({ version: 1, environments: { staging: {} }, jobs: { test: { steps: [{ run: "x" }] } } });
  const project = { file, services: [], composeFile: undefined };
  expect(() => checkProduction({ project, environment: "prod", values: {}, facts: { now } })).toThrow(
    expect.objectContaining({
      message: 'dojang.yml has no environment "prod"',
      fix: expect.stringContaining("environments of dojang.yml: staging"),
    }),
  );
});

test("random secrets are never called weak, typed ones are", () => {
  for (let round = 0; round < 500; round++) {
    const bytes = createHash("sha256").update(String(round)).digest();
    const texts = [bytes.toString("base64"), bytes.toString("hex"), bytes.toString("base64url").slice(0, 20)];
    for (const text of texts) expect(secretStrength(text).weakness, text).toBeUndefined();
  }
  for (const text of [
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "12345678901234567890",
    "qwertyqwertyqwerty",
    "my-secret-example-key",
    "abababababababababab",
    "0000000000000000",
  ])
    expect(secretStrength(text).weakness, text).toBeDefined();
});
