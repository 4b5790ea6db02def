import { z } from "zod";
import { deployJob } from "./deploy-job.ts";
import { drillJob } from "./drill-job.ts";
import { comparison, httpExpectation, httpRequest } from "./expectation.ts";
import { jobBase, jobKeys } from "./job.ts";
import { mocks } from "./mocks.ts";
import { mutationJob } from "./mutation-job.ts";
import { name } from "./names.ts";
import { performanceJob } from "./performance-job.ts";
import { duration } from "./quantities.ts";
import { gate, reports } from "./reports.ts";
import { steps } from "./step.ts";

const results = {
  reports: reports.prefault({}).describe("Result files the steps write."),
  gate: gate.optional().describe("What must hold beside passing steps."),
};

const stepsJob = z
  .strictObject({
    kind: z.literal("steps").optional().describe("Commands in the workspace; the default kind."),
    ...jobKeys,
    steps,
    ...results,
  })
  .transform((job) => ({ ...jobBase(job), kind: "steps" as const, steps: job.steps, reports: job.reports, gate: job.gate }));

const configJob = z
  .strictObject({
    kind: z
      .literal("config")
      .describe("Does the configuration assemble? Steps with the variables of one deployment environment, and no service."),
    ...jobKeys,
    steps,
    ...results,
  })
  .transform((job) => ({ ...jobBase(job), kind: "config" as const, steps: job.steps, reports: job.reports, gate: job.gate }));

const checkKeys = {
  name: z.string().min(1).max(200).describe("Shown in the report."),
  timeout: duration.prefault("10s").describe("Longest time for one answer."),
};

const linkedCheck = z.union(
  [
    z
      .strictObject({
        ...checkKeys,
        sql: z.string().min(1).describe("Query whose first column of the first row is compared."),
        url: z.string().min(1).default("$DATABASE_URL").describe("Address of the PostgreSQL database; variables are replaced."),
        expect: comparison.optional().describe("`>= 150000`, `= ready`, `~ ^18`; without it any answer will do."),
      })
      .transform(({ timeout, ...rest }) => ({ kind: "sql" as const, ...rest, timeoutMs: timeout })),
    z
      .strictObject({
        ...checkKeys,
        http: httpRequest.describe("`GET $MAIL_URL/health`."),
        expect: httpExpectation.prefault({ status: 200 }),
      })
      .transform(({ timeout, ...rest }) => ({ kind: "http" as const, ...rest, timeoutMs: timeout })),
    z
      .strictObject({ ...checkKeys, tcp: z.string().min(1).describe("`$REDIS_HOST:6379`: a connection must be accepted.") })
      .transform(({ timeout, ...rest }) => ({ kind: "tcp" as const, ...rest, timeoutMs: timeout })),
  ],
  { error: "must have a name and one of sql, http, tcp" },
);

const linkedJob = z
  .strictObject({
    kind: z.literal("linked").describe("Are the systems we depend on as we expect them?"),
    ...jobKeys,
    checks: z.array(linkedCheck).min(1, { error: "must have at least one check" }).max(100).describe("Each asks one system outside."),
  })
  .transform((job) => ({ ...jobBase(job), kind: "linked" as const, checks: job.checks }));

const imageJob = z
  .strictObject({
    kind: z.literal("image").describe("A versioned, content-addressed artifact of the services that are built."),
    ...jobKeys,
    services: z.array(name).min(1).optional().describe("Services to build; without it, every service with `build:`."),
  })
  .transform((job) => ({ ...jobBase(job), kind: "image" as const, services: job.services }));

const integrationJob = z
  .strictObject({
    kind: z.literal("integration").describe("Tests against a running copy of the whole system."),
    ...jobKeys,
    shards: z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe("How many environments share the tests. Steps get `DOJANG_SHARD` (from 1) and `DOJANG_SHARDS`."),
    mocks: mocks.prefault({}),
    prepare: steps.optional().describe("Run once the services are healthy, before the steps and before anything is recorded."),
    steps,
    "start-timeout": duration
      .optional()
      .describe("How long all services together may take to become healthy; `defaults.start-timeout` without it."),
    ...results,
  })
  .transform((job) => ({
    ...jobBase(job),
    kind: "integration" as const,
    shards: job.shards,
    mocks: job.mocks,
    prepare: job.prepare ?? [],
    steps: job.steps,
    startTimeoutMs: job["start-timeout"],
    reports: { ...job.reports, transactions: job.reports.transactions ?? ("all" as const) },
    gate: job.gate,
  }));

export const job = z.discriminatedUnion("kind", [
  stepsJob,
  configJob,
  linkedJob,
  imageJob,
  integrationJob,
  performanceJob,
  drillJob,
  mutationJob,
  deployJob,
]);

export type Job = z.output<typeof job>;
export type StepsJob = z.output<typeof stepsJob>;
export type ConfigJob = z.output<typeof configJob>;
export type LinkedJob = z.output<typeof linkedJob>;
export type LinkedCheck = z.output<typeof linkedCheck>;
export type ImageJob = z.output<typeof imageJob>;
export type IntegrationJob = z.output<typeof integrationJob>;
