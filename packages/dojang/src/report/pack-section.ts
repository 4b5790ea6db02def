import { constants, deflateRawSync } from "node:zlib";
import { stringMark } from "./report-sections.ts";

/**
 * A section of the report: JSON whose repeated strings are kept once, deflated, in base64. Base64 has no character that
 * HTML gives a meaning, so nothing a service answered can end the element it is stored in.
 */
export function packSection(value: unknown): string {
  const strings: string[] = [];
  const known = new Map<string, number>();
  const body = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "string" || (inner.length < shortest && !inner.startsWith(stringMark))) return inner;
    const index = known.get(inner) ?? strings.push(inner) - 1;
    known.set(inner, index);
    return stringMark + index.toString(36);
  });
  // JSON.stringify takes lone surrogates to escapes, so the text is always valid UTF-8.
  const json = `{"strings":${JSON.stringify(strings)},"value":${body}}`;
  return deflateRawSync(json, { level: constants.Z_BEST_COMPRESSION, memLevel: 9 }).toString("base64");
}

/** Shorter strings cost no more than a place would. */
const shortest = 6;
