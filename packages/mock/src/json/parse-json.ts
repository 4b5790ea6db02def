import type { JsonValue } from "./json-value.ts";

export type JsonParse =
  | { readonly ok: true; readonly value: JsonValue }
  /** `offset`: index into the text where it stopped being JSON, where that is known. Files show it as line and column. */
  | { readonly ok: false; readonly message: string; readonly offset?: number };

/** JSON as WireMock's own reader takes it (comments and single quotes are allowed). Never throws. */
export function parseJson(text: string): JsonParse {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
