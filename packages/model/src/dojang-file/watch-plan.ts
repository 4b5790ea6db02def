import { z } from "zod";
import { httpExpectation, httpRequest } from "./expectation.ts";
import { variableName } from "./names.ts";
import { duration, percentage, share } from "./quantities.ts";

const probe = z
  .strictObject({
    name: z.string().min(1).max(200).optional().describe("Shown in alerts; the request when absent."),
    http: httpRequest
      .refine(({ target }) => target.startsWith("/"), {
        error: "must ask for a path of the site",
        params: { fix: "write for example: GET /health" },
      })
      .describe("`GET /health`, asked through nginx as everybody does."),
    expect: httpExpectation
      .refine(({ errors, p95Ms }) => errors === undefined && p95Ms === undefined, {
        error: "must not have `errors` or `p95`: a probe is one request",
        params: { fix: "use `status`, `contains` and `within`" },
      })
      .prefault({ status: 200 }),
    every: duration
      .refine((ms) => ms >= 5_000, { error: "must be 5s or more", params: { fix: "write for example: 30s" } })
      .prefault("30s")
      .describe("How often."),
    timeout: duration.prefault("10s").describe("Longest time for an answer."),
  })
  .transform(({ every, timeout, ...rest }) => ({ ...rest, everyMs: every, timeoutMs: timeout }));

const alertTarget = z.union(
  [
    z
      .strictObject({ webhook: variableName.describe("Variable or secret with the address that is sent a JSON object.") })
      .transform(({ webhook }) => ({ kind: "webhook" as const, variable: webhook })),
    z
      .strictObject({
        slack: variableName.describe("Variable or secret with the address of an incoming webhook as Slack, Mattermost and others have it."),
      })
      .transform(({ slack }) => ({ kind: "slack" as const, variable: slack })),
    z
      .strictObject({
        mail: z.strictObject({
          server: variableName.describe("Variable or secret with the server: smtp://user:password@host:port."),
          from: z.email(),
          to: z.array(z.email()).min(1),
        }),
      })
      .transform(({ mail }) => ({ kind: "mail" as const, ...mail })),
  ],
  { error: "must be one of webhook, slack, mail" },
);

/** What is looked at while a site lives, and who is told. */
export const watchPlan = z
  .strictObject({
    probes: z
      .array(probe)
      .max(50)
      .default([])
      .describe("Requests made from outside the services. Without any, what `site.health` says is asked."),
    failures: z.number().int().min(1).max(100).default(3).describe("How many probes must fail in a row before it is an alert."),
    errors: percentage
      .prefault("5%")
      .describe("Share of failed requests, over five minutes and of 20 at least, above which it is an alert."),
    "certificate-left": duration
      .prefault("14d")
      .describe("A certificate that ends sooner is an alert; one that lives for days only, when a quarter of its life is left."),
    "backup-age": duration.prefault("26h").describe("A newest backup older than this is an alert."),
    "disk-left": share.prefault("10%").describe("Less of the disk left than this is an alert."),
    alerts: z.array(alertTarget).max(20).default([]).describe("Who is told."),
    "status-page": z.boolean().default(false).describe("A page at /.well-known/dojang/status of the site tells everybody how it does."),
  })
  .transform(
    ({ "certificate-left": certificateLeftMs, "backup-age": backupAgeMs, "disk-left": diskLeft, "status-page": statusPage, ...rest }) => ({
      ...rest,
      certificateLeftMs,
      backupAgeMs,
      diskLeft,
      statusPage,
    }),
  );

export type WatchPlan = z.output<typeof watchPlan>;
export type AlertTarget = WatchPlan["alerts"][number];
