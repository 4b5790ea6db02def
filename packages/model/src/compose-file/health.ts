import { z } from "zod";
import { composeDuration, flag, text, wholeNumber } from "./scalars.ts";

/** Compose's own defaults. */
const defaultIntervalMs = 30_000;
const defaultTimeoutMs = 30_000;
const defaultRetries = 3;

const test = z
  .union([z.string(), z.array(text).min(1, { error: "must not be empty" })], { error: "must be a shell line or a list" })
  .transform((value, context) => {
    if (typeof value === "string") return { kind: "shell" as const, command: value };
    const [how, ...words] = value;
    if (how === "NONE") return { kind: "none" as const };
    if (how === "CMD" && words.length > 0) return { kind: "command" as const, command: words };
    // Docker joins nothing: the shell runs the first word, the others become its positional parameters.
    if (how === "CMD-SHELL" && words[0] !== undefined) return { kind: "shell" as const, command: words[0], ignored: words.slice(1) };
    context.addIssue({
      code: "custom",
      message: `must begin with CMD, CMD-SHELL or NONE, got "${value.join(" ").slice(0, 60)}"`,
      params: { fix: 'write ["CMD", "program", "argument"] or ["CMD-SHELL", "a shell line"]' },
    });
    return z.NEVER;
  });

export const healthcheck = z
  .strictObject({
    test: test.optional(),
    interval: composeDuration.default(defaultIntervalMs),
    timeout: composeDuration.default(defaultTimeoutMs),
    retries: wholeNumber.default(defaultRetries),
    start_period: composeDuration.default(0),
    start_interval: composeDuration.optional(),
    disable: flag.default(false),
  })
  .transform((value) => ({
    test: value.disable ? { kind: "none" as const } : value.test,
    // Zero means "the default" to Docker.
    intervalMs: value.interval || defaultIntervalMs,
    timeoutMs: value.timeout || defaultTimeoutMs,
    retries: value.retries || defaultRetries,
    startPeriodMs: value.start_period,
    startIntervalMs: value.start_interval,
  }));

export type ComposeHealthcheck = z.output<typeof healthcheck>;
