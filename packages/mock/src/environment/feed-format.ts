import { z } from "zod";

export type { EnvironmentPlan } from "./environment-plan.ts";

/**
 * How a mock in an environment tells what it was asked: lines of JSON over HTTP, `GET /calls?after=<sequence>`, with `&follow` as
 * long as both live. The reader does not trust the mock, for what runs in it is the change's: every line is checked.
 *
 *   begin    which life of the mock this is; sequences count from 1 in each
 *   call     one served request, in order
 *   dropped  calls that were forgotten before they were read, for there were too many
 *   end      without `follow`: how often each stub was needed so far, and what was left unanswered, dropped calls included
 */
const header = z.object({ name: z.string(), value: z.string() });

const body = z.object({
  base64: z.string(),
  /** Of the whole body. */
  sizeBytes: z.number().nonnegative(),
});

const stub = z.object({ id: z.string(), name: z.string().optional(), file: z.string().optional() });

const violation = z.object({ side: z.enum(["request", "response"]), at: z.string(), message: z.string(), rule: z.string() });

const requestId = z.string().regex(/^[0-9a-f]{32}$/);

export const playedCall = z.object({
  id: z.string().min(1).max(100),
  requestId: requestId.optional(),
  startedAt: z.number(),
  durationMs: z.number().nonnegative(),
  delayMs: z.number().nonnegative(),
  method: z.string(),
  url: z.string(),
  requestHeaders: z.array(header),
  requestBody: body,
  status: z.number().int().optional(),
  responseHeaders: z.array(header),
  responseBody: body,
  fault: z.string().optional(),
  answeredBy: z.enum(["stub", "contract", "proxy", "nothing"]),
  stub: stub.optional(),
  declared: z.boolean(),
  violations: z.array(violation),
  nearest: z.object({ stub, differences: z.array(z.string()) }).optional(),
});

const stubUse = z.object({
  stub,
  calls: z.number().int().nonnegative(),
  /** Of the request that injected it, when it is not from a file. */
  injectedBy: requestId.optional(),
  injected: z.boolean(),
  /** Its metadata say `optional: true`. */
  optional: z.boolean(),
});

export const feedLine = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("begin"), life: z.string() }),
  z.object({ kind: z.literal("call"), sequence: z.number().int().positive(), call: playedCall }),
  z.object({ kind: z.literal("dropped"), upTo: z.number().int().positive(), count: z.number().int().positive() }),
  z.object({
    kind: z.literal("end"),
    calls: z.number().int().nonnegative(),
    unmatched: z.number().int().nonnegative(),
    undeclared: z.number().int().nonnegative(),
    stubs: z.array(stubUse),
  }),
]);

export type PlayedCall = z.output<typeof playedCall>;
export type StubUse = z.output<typeof stubUse>;
export type FeedLine = z.output<typeof feedLine>;

/** Kept of each body. */
export const bodyCapBytes = 256 * 1024;
/** A line is never longer: two bodies in base64, and headers. */
export const longestLineBytes = 4 * 1024 * 1024;
