import { z } from "zod";
import { jobBase, jobKeys } from "./job.ts";
import { name } from "./names.ts";
import { duration, parseFraction, percentage, share } from "./quantities.ts";
import { step } from "./step.ts";

const approval = z
  .strictObject({
    by: z
      .array(z.string().min(1))
      .min(1, { error: "must name at least one person or group" })
      .describe("People or groups who may approve."),
    count: z.number().int().min(1).max(20).default(1).describe("How many of them must."),
    not: z.array(z.string().min(1)).default([]).describe("Who may not, although named: `author` is the change's author."),
    expires: duration.prefault("24h").describe("How long the request waits."),
  })
  .transform(({ expires, ...rest }) => ({ ...rest, expiresMs: expires }));

const canary = z
  .strictObject({
    weight: share.describe("Share of requests that the new release gets."),
    for: duration.describe("How long."),
    "abort-on": z
      .strictObject({
        errors: percentage.optional().describe("Share of failed requests above which it is taken back."),
        p95: duration.optional().describe("95th percentile of answer times above which it is taken back."),
      })
      .transform(({ errors, p95 }) => ({ errors, p95Ms: p95 }))
      .prefault({})
      .describe("When it is taken back at once."),
  })
  .transform(({ weight, for: forMs, "abort-on": abortOn }) => ({ weight, forMs, abortOn }));

const rollbackCause = z.string().transform((text, context) => {
  if (text === "health") return { kind: "health" as const };
  const errors = parseFraction(/^errors\s*>\s*(.+)$/.exec(text)?.[1] ?? "");
  if (errors !== undefined) return { kind: "errors" as const, above: errors };
  context.addIssue({
    code: "custom",
    message: `must be "health" or "errors > 2%", got "${text.slice(0, 60)}"`,
    params: { fix: "write `on: [health, errors > 2%]`" },
  });
  return z.NEVER;
});

const rollback = z
  .strictObject({
    on: z.array(rollbackCause).min(1).describe("`health` (a health check fails) and `errors > 2%` (share of failed requests)."),
    within: duration.prefault("10m").describe("How long after the switch it is watched."),
  })
  .transform(({ on, within }) => ({ on, withinMs: within }));

export const deployJob = z
  .strictObject({
    kind: z.literal("deploy").describe("A release goes into a deployment environment."),
    ...jobKeys,
    environment: name.describe("Deployment environment the release goes into."),
    migrate: step.optional().describe("Brings the database to the release's schema."),
    approval: approval.optional().describe("Who must agree before it happens."),
    backup: z
      .strictObject({
        before: z.array(name).min(1).describe("Services whose data is backed up, and the backup checked, before anything changes."),
      })
      .optional()
      .describe("What is saved before anything changes."),
    canary: canary.optional().describe("A share of the traffic tries the new release first."),
    rollback: rollback.optional().describe("What takes the new release back after the switch."),
  })
  .transform((job) => ({
    ...jobBase(job),
    kind: "deploy" as const,
    environment: job.environment,
    migrate: job.migrate,
    approval: job.approval,
    backup: job.backup,
    canary: job.canary,
    rollback: job.rollback,
  }));

export type DeployJob = z.output<typeof deployJob>;
