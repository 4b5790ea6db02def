import { z } from "zod";
import { jobBase, jobKeys } from "./job.ts";
import { mocks } from "./mocks.ts";
import { name, projectPath, variables } from "./names.ts";
import { duration, rate } from "./quantities.ts";
import { performanceGate } from "./reports.ts";
import { steps } from "./step.ts";

const length = duration.describe("How long the traffic lasts.");

const steady = z
  .strictObject({ rate: rate.describe("Requests started per second."), for: length })
  .transform((profile) => ({ ratePerSecond: profile.rate, forMs: profile.for }));

const ramp = z
  .strictObject({
    ramp: z.tuple([rate, rate], { error: "must be two rates: [from, to]" }).describe("The rate grows evenly from the first to the second."),
    for: length,
  })
  .transform((profile) => ({ fromPerSecond: profile.ramp[0], toPerSecond: profile.ramp[1], forMs: profile.for }));

const spike = z
  .strictObject({ rate: rate.describe("The rate before and after."), peak: rate.describe("The rate in the middle third."), for: length })
  .transform((profile) => ({ ratePerSecond: profile.rate, peakPerSecond: profile.peak, forMs: profile.for }));

const profiles = z
  .strictObject({
    load: steady.optional().describe("The expected traffic."),
    stress: ramp.optional().describe("More and more, to find where it breaks."),
    spike: spike.optional().describe("A sudden peak."),
    soak: steady.optional().describe("The expected traffic for long, to find leaks."),
  })
  .refine((value) => Object.keys(value).length > 0, {
    error: "must name at least one of load, stress, spike, soak",
    params: { fix: "add for example `load: { rate: 50/s, for: 30s }`" },
  });

export const performanceJob = z
  .strictObject({
    kind: z.literal("performance").describe("Traffic against a running copy of the system, and what it must stand."),
    ...jobKeys,
    scenario: projectPath.describe("File that says which requests make the traffic."),
    profiles: profiles.describe("Which traffic, one or several of `load`, `stress`, `spike`, `soak`; one after the other."),
    target: z
      .string()
      .max(2000)
      .optional()
      .describe("Address of the service that is asked: `http://api:8000`. What the scenario names when absent."),
    connections: z.int().min(1).max(20_000).default(100).describe("Connections that may be open at once."),
    "warm-up": duration
      .optional()
      .describe(
        "Traffic at the profile's first rate that is not judged, before each profile: compilers, pools and caches are warm then. `5s` unless said.",
      ),
    caches: z
      .enum(["warm", "cold"])
      .default("warm")
      .describe("`cold` empties every Redis before each profile and leaves the warm-up out, so that the first requests meet no cache."),
    "service-env": z
      .record(name, variables)
      .optional()
      .describe("Variables of services for this job alone, by service: what turns a cache off, sets a pool's size."),
    metrics: z
      .record(
        name,
        z.string().regex(/^http:\/\/[^\s]+$/, { error: "must be an http address inside the environment such as http://api:9100/metrics" }),
      )
      .optional()
      .describe(
        "Where services tell figures of their own in Prometheus' text format, by service: Node, JVM, Python and Go by their usual names.",
      ),
    mocks: mocks.prefault({}),
    prepare: steps.optional().describe("Run once the services are healthy, before the traffic."),
    gate: performanceGate.optional().describe("What must hold for the job to pass."),
  })
  .transform((job) => ({
    ...jobBase(job),
    kind: "performance" as const,
    scenario: job.scenario,
    profiles: job.profiles,
    target: job.target,
    connections: job.connections,
    warmUpMs: job["warm-up"] ?? 5_000,
    caches: job.caches,
    serviceEnv: job["service-env"] ?? {},
    metrics: job.metrics ?? {},
    mocks: job.mocks,
    prepare: job.prepare ?? [],
    gate: job.gate,
  }));

export type PerformanceJob = z.output<typeof performanceJob>;
