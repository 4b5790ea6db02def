import { z } from "zod";
import { duration, percentage } from "./quantities.ts";

/** `GET $MAIL_URL/health`: a method and a URL or path; variables are replaced from the job's environment. */
export const httpRequest = z.string().transform((text, context) => {
  const match = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) +(\S+)$/.exec(text.trim());
  if (match?.[1] !== undefined && match[2] !== undefined) return { method: match[1], target: match[2] };
  context.addIssue({
    code: "custom",
    message: `must be a method and a path or URL, got "${text.slice(0, 80)}"`,
    params: { fix: "write for example: GET /health" },
  });
  return z.NEVER;
});

export type HttpRequest = z.output<typeof httpRequest>;

const comparators = [">=", "<=", "!=", ">", "<", "=", "~"] as const;

/** `>= 150000`, `= ready`, `~ ^18\.`; a plain value means `=`. Numbers are compared as numbers when both sides are. */
export const comparison = z.union([z.string(), z.number()]).transform((value) => {
  const text = String(value).trim();
  const operator = comparators.find((candidate) => text.startsWith(candidate));
  return { operator: operator ?? "=", value: operator === undefined ? text : text.slice(operator.length).trim() } as const;
});

export type Comparison = z.output<typeof comparison>;

const status = z.number().int().min(100).max(599);

export const httpExpectation = z
  .strictObject({
    status: z
      .union([status, z.array(status).min(1)])
      .transform((value) => (Array.isArray(value) ? value : [value]))
      .optional()
      .describe("Status the answer must have, or a list of allowed ones."),
    contains: z.string().min(1).optional().describe("Text the body must contain."),
    within: duration.optional().describe("Longest time the answer may take."),
    errors: percentage.optional().describe("Largest share of requests that may fail while the traffic lasts."),
    p95: duration.optional().describe("Longest time within which 95 % of requests must be answered while the traffic lasts."),
  })
  .transform(({ within, p95, ...rest }) => ({ ...rest, withinMs: within, p95Ms: p95 }));

export type HttpExpectation = z.output<typeof httpExpectation>;
