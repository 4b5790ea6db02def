/** One segment of a path template: a name, or text with variables between: `{name}.{ext}`, `{id}:cancel`. */
export type TemplateSegment =
  | { readonly kind: "literal"; readonly text: string }
  /** `literals` stand around and between the names: one more than there are names. */
  | { readonly kind: "variable"; readonly names: readonly string[]; readonly literals: readonly string[] };

/** `{}` is a variable without a name. */
export function parseTemplate(template: string): readonly TemplateSegment[] {
  return template.split("/").slice(1).map(parseSegment);
}

function parseSegment(text: string): TemplateSegment {
  const names: string[] = [];
  const literals: string[] = [];
  let from = 0;
  for (const found of text.matchAll(/\{([^{}]*)\}/g)) {
    literals.push(text.slice(from, found.index));
    names.push(found[1] ?? "");
    from = found.index + found[0].length;
  }
  if (names.length === 0) return { kind: "literal", text: decode(text) };
  return { kind: "variable", names, literals: [...literals, text.slice(from)] };
}

/** Values as they stand in the path, not decoded. Each variable takes as little as it can, and at least one character. */
export function matchSegment(segment: TemplateSegment, text: string): ReadonlyMap<string, string> | undefined {
  if (segment.kind === "literal") return decode(text) === segment.text ? new Map() : undefined;
  const { names, literals } = segment;
  const values = new Map<string, string>();
  const first = literals[0] ?? "";
  if (!text.startsWith(first)) return undefined;
  let at = first.length;
  for (const [index, name] of names.entries()) {
    const following = literals[index + 1] ?? "";
    const last = index === names.length - 1;
    const end = last ? text.length - following.length : following === "" ? at + 1 : text.indexOf(following, at + 1);
    if (end <= at || (last && !text.endsWith(following))) return undefined;
    values.set(name, text.slice(at, end));
    at = end + following.length;
  }
  return values;
}

/** How many characters of a segment are fixed: the more, the earlier it is asked. */
export function fixedLength(segment: TemplateSegment): number {
  return segment.kind === "literal" ? Number.POSITIVE_INFINITY : segment.literals.join("").length;
}

/** The same for templates that differ in the names of variables alone. */
export function templateShape(template: string): string {
  return template.replaceAll(/\{[^{}]*\}/g, "{}");
}

export function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
