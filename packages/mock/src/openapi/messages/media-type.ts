/** A media type or range, as RFC 9110 has them. Lower case. */
export interface MediaRange {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Undefined for text that is none. */
export function parseMediaType(text: string): MediaRange | undefined {
  const [essence = "", ...rest] = splitOutsideQuotes(text, ";");
  const found = /^\s*([^\s/;,]+)\/([^\s/;,]+)\s*$/.exec(essence);
  if (found?.[1] === undefined || found[2] === undefined) return undefined;
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const [name = "", value = ""] = part.split("=", 2);
    if (name.trim() !== "")
      parameters.set(
        name.trim().toLowerCase(),
        value
          .trim()
          .replace(/^"(.*)"$/, "$1")
          .toLowerCase(),
      );
  }
  return { type: found[1].toLowerCase(), subtype: found[2].toLowerCase(), parameters };
}

/** Whether a declared type or range covers a concrete one; parameters that the declaration names must be the same. */
export function covers(declared: MediaRange, actual: MediaRange): boolean {
  if (declared.type !== "*" && declared.type !== actual.type) return false;
  if (declared.subtype !== "*" && declared.subtype !== actual.subtype) {
    // `*/*+json` and `application/*+json` are written too.
    if (!declared.subtype.startsWith("*+") || !actual.subtype.endsWith(declared.subtype.slice(1))) return false;
  }
  for (const [name, value] of declared.parameters) {
    if (name !== "charset" && name !== "q" && actual.parameters.get(name) !== value) return false;
  }
  return true;
}

/** Of those declared the one for a `Content-Type`: the most exact that covers it. */
export function mediaTypeFor<Declared extends { readonly type: string }>(
  contentType: string,
  declared: readonly Declared[],
): Declared | undefined {
  const actual = parseMediaType(contentType);
  if (actual === undefined) return undefined;
  let best: { readonly declared: Declared; readonly exactness: number } | undefined;
  for (const each of declared) {
    const range = parseMediaType(each.type);
    if (range === undefined || !covers(range, actual)) continue;
    if (best === undefined || exactness(range) > best.exactness) best = { declared: each, exactness: exactness(range) };
  }
  return best?.declared;
}

/**
 * The declared type that an `Accept` wants most, by quality, then by the exactness of the range that names it, then in the
 * order declared. Undefined when none is acceptable. No header accepts all.
 */
export function negotiate<Declared extends { readonly type: string }>(
  accept: readonly string[],
  declared: readonly Declared[],
): Declared | undefined {
  const ranges = splitOutsideQuotes(accept.join(","), ",").flatMap((part) => parseMediaType(part) ?? []);
  if (ranges.length === 0) return declared[0];
  let best: { readonly declared: Declared; readonly quality: number } | undefined;
  for (const each of declared) {
    const quality = qualityOf(parseMediaType(each.type), ranges);
    if (quality > 0 && (best === undefined || quality > best.quality)) best = { declared: each, quality };
  }
  return best?.declared;
}

/** The most exact range that covers a type speaks for it: `text/html;q=0` forbids it beside `*\/*`. */
function qualityOf(declared: MediaRange | undefined, ranges: readonly MediaRange[]): number {
  if (declared === undefined) return 0;
  let best: { readonly exactness: number; readonly quality: number } | undefined;
  for (const range of ranges) {
    // A declared range, `image/*`, can be answered with whatever of it is asked for.
    if (!covers(range, declared) && !covers(declared, range)) continue;
    if (best !== undefined && exactness(range) <= best.exactness) continue;
    const written = Number.parseFloat(range.parameters.get("q") ?? "1");
    best = { exactness: exactness(range), quality: Number.isNaN(written) ? 1 : Math.min(1, Math.max(0, written)) };
  }
  return best?.quality ?? 0;
}

function exactness({ type, subtype, parameters }: MediaRange): number {
  const named = [...parameters.keys()].filter((name) => name !== "q").length;
  return (type === "*" ? 0 : 4) + (subtype === "*" ? 0 : subtype.startsWith("*") ? 2 : 3) + named * 8;
}

export type BodyForm = "json" | "urlencoded" | "multipart" | "xml" | "text" | "binary";

/** How the body of a type is read. */
export function bodyForm(contentType: string): BodyForm {
  const parsed = parseMediaType(contentType);
  if (parsed === undefined) return "binary";
  const { type, subtype } = parsed;
  if (subtype === "json" || subtype.endsWith("+json")) return "json";
  if (type === "application" && subtype === "x-www-form-urlencoded") return "urlencoded";
  if (type === "multipart") return "multipart";
  if (subtype === "xml" || subtype.endsWith("+xml")) return "xml";
  return type === "text" ? "text" : "binary";
}

function splitOutsideQuotes(text: string, separator: string): readonly string[] {
  if (!text.includes('"')) return text.split(separator);
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\" && quoted) at++;
    else if (text[at] === '"') quoted = !quoted;
    else if (text[at] === separator && !quoted) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}
