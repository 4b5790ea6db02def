import type { MultipartPattern } from "../mapping/stub-mapping.ts";
import type { RequestPart } from "../request/mock-request.ts";
import { compilePart } from "./compile-part.ts";
import { type DiffLine, section, spacer } from "./diff-line.ts";
import { explainBody } from "./explain-body.ts";
import { explainHeaders } from "./explain-fields.ts";

/** Of the parts of a request on the page. */
const maxShownParts = 50;

/** Every part against every multipart pattern that no part, or not all of them, fits. */
export function explainParts(patterns: readonly MultipartPattern[], parts: readonly RequestPart[]): readonly DiffLine[] {
  return patterns.flatMap((pattern) => {
    if (parts.length === 0) return [section("[Multipart request body]", "")];
    const matcher = compilePart(pattern);
    if (matcher.matches(parts)) return [];
    return parts.slice(0, maxShownParts).flatMap((part) => explainPart(pattern, part, matcher.matchesPart(part)));
  });
}

function explainPart(pattern: MultipartPattern, part: RequestPart, matches: boolean): readonly DiffLine[] {
  const name = part.name ?? "";
  const differences = [
    ...explainHeaders(pattern, (header) => part.header(header)),
    ...(pattern.bodyPatterns ?? []).flatMap((each) => explainBody(each, part.body, part.text)),
    spacer,
  ];
  return [
    spacer,
    section(`[Multipart${pattern.name === undefined ? "" : `: ${pattern.name}`}]`, `[${name}]`),
    spacer,
    ...(matches ? [] : differences),
    section("[/Multipart]", `[/${name}]`),
    spacer,
  ];
}
