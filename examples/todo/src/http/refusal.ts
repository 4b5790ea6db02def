import type { z } from "zod";

/** A request that is answered with 4xx on purpose. Anything else thrown is a fault of ours and answered with 500. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
  }
}

/** The request's body or parameters as the schema has them, or a 400 that names the field. */
export function accepted<Value>(schema: z.ZodType<Value>, input: unknown): Value {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  throw new Refusal(400, field === "" ? "invalid_body" : `invalid_${field}`, `${field || "body"}: ${issue?.message ?? "not valid"}`);
}
