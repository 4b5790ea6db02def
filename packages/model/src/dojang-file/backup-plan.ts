import { z } from "zod";
import { comparison } from "./expectation.ts";
import { name, variableName } from "./names.ts";
import { duration } from "./quantities.ts";

const target = z.union(
  [
    z
      .strictObject({
        folder: z
          .string()
          .startsWith("/", { error: "must be an absolute folder of the server" })
          .describe("Folder of the server, best of another disk."),
      })
      .transform((value) => ({ kind: "folder" as const, ...value })),
    z
      .strictObject({
        s3: z
          .strictObject({
            bucket: z.string().min(1),
            prefix: z.string().default(""),
            region: z.string().default("us-east-1"),
            endpoint: z.url().optional().describe("Address of a store other than AWS."),
            "access-key": variableName.default("BACKUP_ACCESS_KEY").describe("Variable or secret of the environment with the key's id."),
            "secret-key": variableName.default("BACKUP_SECRET_KEY").describe("Secret of the environment with the key."),
          })
          .transform(({ "access-key": accessKey, "secret-key": secretKey, ...rest }) => ({ ...rest, accessKey, secretKey })),
      })
      .transform(({ s3 }) => ({ kind: "s3" as const, ...s3 })),
  ],
  { error: "must be { folder: /path } or { s3: { bucket } }" },
);

/** What is saved of a deployment environment, how often, where, and what proves it. */
export const backupPlan = z
  .strictObject({
    services: z.array(name).min(1, { error: "must name at least one service" }).describe("Services whose data is saved."),
    every: duration.prefault("24h").describe("How often."),
    to: z
      .array(target)
      .max(10)
      .default([])
      .describe(
        "Further places each backup is copied to; a place that cannot be reached is an alert. One copy is always kept beside the site.",
      ),
    keep: z
      .strictObject({
        last: z.number().int().min(1).max(1000).default(7),
        daily: z.number().int().min(0).max(1000).default(7),
        weekly: z.number().int().min(0).max(1000).default(4),
      })
      .prefault({})
      .describe("How many are kept: the last ones, one a day, one a week."),
    "point-in-time": z
      .boolean()
      .default(false)
      .describe("PostgreSQL's log is kept too, so that any second since the oldest backup can be restored."),
    "proven-within": duration.prefault("7d").describe("A backup must have been restored and checked within this time."),
    checks: z
      .array(z.strictObject({ name: z.string().min(1).max(200), sql: z.string().min(1), expect: comparison.optional() }))
      .max(100)
      .default([])
      .describe("Queries that a restored copy must answer as expected."),
  })
  .transform(({ every, "point-in-time": pointInTime, "proven-within": provenWithinMs, ...rest }) => ({
    ...rest,
    everyMs: every,
    pointInTime,
    provenWithinMs,
  }));

export type BackupPlan = z.output<typeof backupPlan>;
export type BackupTarget = BackupPlan["to"][number];
