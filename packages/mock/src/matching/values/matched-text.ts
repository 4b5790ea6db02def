import type { MatchedValue } from "../matcher.ts";

/**
 * The text of a value. Every stub's matcher asks for the text of the same body: it is decoded once and forgotten with the body.
 * The map only saves work, so sharing it between mock servers of one process is harmless.
 */
const decoded = new WeakMap<Buffer, string>();

export function matchedText(value: MatchedValue): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  let text = decoded.get(value);
  if (text === undefined) {
    text = value.toString("utf8");
    decoded.set(value, text);
  }
  return text;
}
