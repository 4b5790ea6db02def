import { z } from "zod";
import { httpExpectation, httpRequest } from "./expectation.ts";
import { jobBase, jobKeys } from "./job.ts";
import { mocks } from "./mocks.ts";
import { name } from "./names.ts";
import { duration, rate, share } from "./quantities.ts";
import { steps } from "./step.ts";

const lasting = { for: duration.describe("How long the fault holds.") };
const service = name.describe("The service it happens to.");

const fault = z
  .union(
    [
      z
        .strictObject({ stop: service, ...lasting })
        .transform((value) => ({ kind: "stop" as const, service: value.stop, forMs: value.for })),
      z
        .strictObject({ pause: service, ...lasting })
        .transform((value) => ({ kind: "pause" as const, service: value.pause, forMs: value.for })),
      z
        .strictObject({ kill: service, for: duration.optional() })
        .transform((value) => ({ kind: "kill" as const, service: value.kill, forMs: value.for ?? 0 })),
      z
        .strictObject({ offline: service, ...lasting })
        .transform((value) => ({ kind: "offline" as const, service: value.offline, forMs: value.for })),
      z
        .strictObject({
          cut: z.strictObject({ from: service, to: service }).describe("All traffic from one service to another is dropped."),
          ...lasting,
        })
        .transform((value) => ({ kind: "cut" as const, ...value.cut, forMs: value.for })),
      z
        .strictObject({
          latency: z
            .strictObject({
              service,
              delay: duration.describe("How much later everything arrives."),
              jitter: duration.optional().describe("By how much the delay varies."),
            })
            .describe("Traffic to the service is delayed."),
          ...lasting,
        })
        .transform(({ latency, for: forMs }) => ({
          kind: "latency" as const,
          service: latency.service,
          delayMs: latency.delay,
          jitterMs: latency.jitter,
          forMs,
        })),
      z
        .strictObject({
          loss: z
            .strictObject({ service, share: share.describe("Share of packets that is lost.") })
            .describe("Packets to the service are lost."),
          ...lasting,
        })
        .transform((value) => ({ kind: "loss" as const, service: value.loss.service, fraction: value.loss.share, forMs: value.for })),
      z
        .strictObject({ "disk-full": service, ...lasting })
        .transform((value) => ({ kind: "disk-full" as const, service: value["disk-full"], forMs: value.for })),
    ],
    { error: "must be one of stop, pause, kill, offline, cut, latency, loss, disk-full, with `for`" },
  )
  .describe("One of `stop`, `pause`, `kill`, `offline`, `cut`, `latency`, `loss`, `disk-full`, with `for`.");

const drill = z.strictObject({
  name: z.string().min(1).max(200).describe("Shown in the report."),
  fault,
  during: z
    .strictObject({
      http: httpRequest.describe("Request sent again and again while the fault holds."),
      rate: rate.prefault("10/s").describe("How often."),
      expect: httpExpectation.describe("What must hold all the time."),
    })
    .transform(({ rate: ratePerSecond, ...rest }) => ({ ...rest, ratePerSecond }))
    .describe("Traffic while the fault holds."),
});

export const drillJob = z
  .strictObject({
    kind: z.literal("drill").describe("Faults injected on purpose, with what must still hold."),
    ...jobKeys,
    mocks: mocks.prefault({}),
    prepare: steps.optional().describe("Run once the services are healthy, before the first fault."),
    drills: z
      .array(drill)
      .min(1, { error: "must have at least one drill" })
      .max(100)
      .describe("Run one after the other, each on a healthy system."),
  })
  .transform((job) => ({ ...jobBase(job), kind: "drill" as const, mocks: job.mocks, prepare: job.prepare ?? [], drills: job.drills }));

export type DrillJob = z.output<typeof drillJob>;
export type Drill = z.output<typeof drill>;
