import { z } from "zod";
import { parseDurationMs, parseSizeBytes } from "../dojang-file/quantities.ts";

/**
 * Scalars as Compose takes them. After interpolation a number or boolean may be its text (`"${PORT}"`), so each accepts both,
 * as Compose casts them.
 */
export const text = z.union([z.string(), z.number(), z.boolean()], { error: "must be text" }).transform((value) => String(value));

export const flag = z
  .union([z.boolean(), z.enum(["true", "false"])], { error: "must be true or false" })
  .transform((value) => value === true || value === "true");

export const wholeNumber = numberOf({ name: "a whole number", accept: Number.isSafeInteger });
export const decimal = numberOf({ name: "a number", accept: (value) => Number.isFinite(value) && value >= 0 });

function numberOf({ name, accept }: { name: string; accept: (value: number) => boolean }) {
  return z.union([z.number(), z.string()], { error: `must be ${name}` }).transform((value, context) => {
    const number = typeof value === "number" ? value : value.trim() === "" ? Number.NaN : Number(value);
    if (accept(number)) return number;
    context.addIssue({ code: "custom", message: `must be ${name}, got "${String(value).slice(0, 40)}"`, params: { fix: `write ${name}` } });
    return z.NEVER;
  });
}

export const composeDuration = z
  .union([z.string(), z.number()], { error: "must be a duration such as 30s or 1m30s" })
  .transform((value, context) => {
    const milliseconds = value === 0 || value === "0" ? 0 : parseDurationMs(String(value).trim());
    if (milliseconds !== undefined) return milliseconds;
    context.addIssue({
      code: "custom",
      message: `must be a duration such as 30s or 1m30s, got "${value}"`,
      params: { fix: `write it with its unit: ${value}s?` },
    });
    return z.NEVER;
  });

export const composeSize = z.union([z.number(), z.string()], { error: "must be a size such as 512m" }).transform((value, context) => {
  const bytes = parseSizeBytes(String(value));
  if (bytes !== undefined) return bytes;
  context.addIssue({
    code: "custom",
    message: `must be a size such as 512m or 2g, got "${value}"`,
    params: { fix: "write it with its unit: 512m" },
  });
  return z.NEVER;
});

const pairValue = z.union([z.string(), z.number(), z.boolean(), z.null()], { error: "must be text, a number, a boolean or empty" });

/** `KEY: value` or `- KEY=value`. null: given by name only, so the value comes from elsewhere. */
export const keyValues = z
  .union([z.record(z.string(), pairValue), z.array(text)], { error: "must be a mapping, or a list of NAME=value" })
  .transform((value, context) => {
    const pairs: Record<string, string | null> = {};
    if (!Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) pairs[key] = inner === null ? null : String(inner);
      return pairs;
    }
    for (const [index, entry] of value.entries()) {
      const at = entry.indexOf("=");
      const key = at === -1 ? entry : entry.slice(0, at);
      if (key === "" || key === "__proto__") {
        context.addIssue({
          code: "custom",
          path: [index],
          message: `must be NAME=value, got "${entry}"`,
          params: { fix: "write NAME=value" },
        });
      } else pairs[key] = at === -1 ? null : entry.slice(at + 1);
    }
    return pairs;
  });

export const textList = z.union([text, z.array(text)]).transform((value) => (Array.isArray(value) ? value : [value]));

/** Keys that are accepted whatever they hold, because they change nothing here. */
export const anything = z.unknown();
