/** What a caller would like to be answered with (RFC 7240): `Prefer: code=404, example=none, dynamic=true`. */
export interface Preferences {
  readonly code: number | undefined;
  readonly example: string | undefined;
  readonly dynamic: boolean | undefined;
}

/** Unknown preferences are ignored, as the RFC asks; of repeated ones the first counts. */
export function readPreferences(values: readonly string[]): Preferences {
  const found = new Map<string, string>();
  for (const [, name = "", quoted, plain = ""] of values
    .join(",")
    .matchAll(/([A-Za-z][\w-]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;]*)))?/g)) {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, "$1"));
  }
  const code = found.get("code");
  const dynamic = found.get("dynamic");
  return {
    code: code !== undefined && /^[1-5]\d\d$/.test(code) ? Number(code) : undefined,
    example: found.get("example") || undefined,
    dynamic: dynamic === undefined ? undefined : dynamic !== "false",
  };
}

export function preferenceApplied({ code, example, dynamic }: Preferences): string | undefined {
  const applied = [
    ...(code === undefined ? [] : [`code=${code}`]),
    ...(example === undefined ? [] : [`example=${/^[\w.-]+$/.test(example) ? example : JSON.stringify(example)}`]),
    ...(dynamic === undefined ? [] : [`dynamic=${dynamic}`]),
  ];
  return applied.length === 0 ? undefined : applied.join(", ");
}
