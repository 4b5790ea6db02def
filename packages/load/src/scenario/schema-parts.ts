import { parseDurationMs } from "@dojang/model";
import { z } from "zod";
import { parseJsonPath } from "./json-path.ts";
import type { Capture, HeaderTemplate } from "./scenario.ts";
import { compileTemplate } from "./template.ts";

/** What requests and messages of a scenario file are made of. */
export const template = z
  .string()
  .max(1_000_000)
  .superRefine((text, context) => refuseWith(context, () => compileTemplate(text)));

export const headers = z
  .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is no header name"), template)
  .transform((record): HeaderTemplate[] => Object.entries(record).map(([name, value]) => ({ name, value })));

export const think = z.string().transform((text, context): readonly [number, number] => {
  const [from, to = from] = text.split("-").map((part) => parseDurationMs(part.trim()));
  if (from !== undefined && to !== undefined && to >= from) return [from, to];
  context.addIssue({
    code: "custom",
    message: `must be a duration or a range of two, got ${JSON.stringify(text)}`,
    params: { fix: "write 500ms or 1s-3s" },
  });
  return z.NEVER;
});

export const jsonPath = z.string().superRefine((text, context) => refuseWith(context, () => parseJsonPath(text)));
const regex = z.string().superRefine((text, context) => refuseWith(context, () => new RegExp(text, "s")));
export const name = z.string().regex(/^[A-Za-z_][\w-]*$/, "must be a name of letters, digits, - and _");

export const captures = z
  .record(
    name,
    z.union([
      jsonPath,
      z.strictObject({ json: jsonPath }),
      z.strictObject({ header: z.string() }),
      z.strictObject({ cookie: z.string() }),
      z.strictObject({ regex }),
      z.strictObject({ status: z.literal(true) }),
    ]),
  )
  .transform((record): Capture[] =>
    Object.entries(record).map(([as, from]) => ({ as, from: typeof from === "string" ? { json: from } : from })),
  );

/** What throws a RangeError or SyntaxError is said as a finding at this place. */
function refuseWith(context: z.RefinementCtx, attempt: () => unknown): void {
  try {
    attempt();
  } catch (error) {
    context.addIssue({
      code: "custom",
      message: error instanceof Error ? error.message : String(error),
      params: { fix: "correct it, or escape ${ as $${" },
    });
  }
}
