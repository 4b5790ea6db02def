import { z } from "zod";

/**
 * Numbers with a unit. They are written as people write them (`15m`, `80%`, `512m`, `200/s`) and read as one plain number
 * each: milliseconds, a fraction of one, bytes, and events per second.
 */
const msPerUnit: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const longestMs = 365 * 86_400_000;

/** `1h30m` -> 5400000. Units us, ms, s, m, h, d, largest first or not; undefined when it is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h|d)/g))
    total += Number(amount) * (msPerUnit[unit ?? ""] ?? Number.NaN);
  return total <= longestMs ? total : undefined;
}

/** `512m`, `2GB`, `1.5GiB`, `1024`: powers of 1024, as Docker counts. */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const power = ["", "k", "m", "g", "t"].indexOf((match[2] ?? "").toLowerCase());
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `80%` -> 0.8. */
export function parseFraction(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
  return match === null ? undefined : Number(match[1]) / 100;
}

/** `200/s` -> 200, `90/m` -> 1.5. */
export function parsePerSecond(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(text);
  if (match === null) return undefined;
  return (Number(match[1]) * 1000) / (msPerUnit[match[2] ?? ""] ?? Number.NaN);
}

/** A duration, in milliseconds once read. */
export const duration = quantity({
  name: "a duration",
  example: "30s, 5m or 1h30m",
  pattern: /^(\d+(\.\d+)?(us|ms|s|m|h|d))+$/,
  parse: parseDurationMs,
});

/** A size, in bytes once read. */
export const size = quantity({
  name: "a size",
  example: "512m or 2g",
  pattern: /^\d+(\.\d+)?\s*[kKmMgGtT]?([iI]?[bB])?$/,
  parse: parseSizeBytes,
});

/** A percentage, as a fraction of one once read. */
export const percentage = quantity({ name: "a percentage", example: "80%", pattern: /^\d+(\.\d+)?\s*%$/, parse: parseFraction });

/** A percentage that cannot exceed 100 %. */
export const share = percentage.refine((fraction) => fraction <= 1, {
  error: "must be at most 100%",
  params: { fix: "write 100% or less" },
});

/** A rate, per second once read. */
export const rate = quantity({
  name: "a rate above 0",
  example: "200/s or 90/m",
  pattern: /^\d+(\.\d+)?\/(s|m|h)$/,
  parse: (text) => parsePerSecond(text) || undefined,
});

interface Quantity {
  readonly name: string;
  readonly example: string;
  readonly pattern: RegExp;
  readonly parse: (text: string) => number | undefined;
}

function quantity({ name, example, pattern, parse }: Quantity) {
  return z
    .string({ error: `must be ${name} such as ${example}` })
    .meta({ pattern: pattern.source, kind: name.replace(/^an? /, "") })
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({
        code: "custom",
        message: `must be ${name}, got "${text.slice(0, 40)}"`,
        params: { fix: `write it with its unit: ${example}` },
      });
      return z.NEVER;
    });
}
