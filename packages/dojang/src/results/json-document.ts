import type { z } from "zod";
import { DamagedReport } from "./damaged-report.ts";

/** Parses and checks a JSON report; what is wrong is told by line and column, or by the key path. */
export function parseJson<S extends z.ZodType>(content: Uint8Array, schema: S): z.output<S> {
  const text = new TextDecoder().decode(content).replace(/^\uFEFF/, "");
  const parsed = schema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue === undefined ? "" : issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  throw new DamagedReport(`${path.replace(/^\./, "") || "the document"}: ${issue?.message ?? "is not what the format asks"}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DamagedReport("is not JSON", positionOf(error, text), { cause: error });
  }
}

/**
 * V8 gives the position only in words. Samples (Node 24):
 *   Expected ',' or '}' after property value in JSON at position 12 (line 1 column 13)
 *   Unexpected end of JSON input
 *   Unexpected token 'h', "hello" is not valid JSON
 */
function positionOf(error: unknown, text: string): { line: number; column: number } {
  const message = error instanceof Error ? error.message : "";
  const offset = Number(/at position (\d+)/.exec(message)?.[1] ?? (message.includes("end of JSON") ? text.length : 0));
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}
