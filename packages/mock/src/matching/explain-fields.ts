import type { MultiValuePattern, RequestPattern, ValuePattern } from "../mapping/stub-mapping.ts";
import { capacityOfCopy, hashMapOrder } from "../templating/values/java-hash.ts";
import { type DiffLine, line, spacer } from "./diff-line.ts";
import type { ValueMatcher } from "./matcher.ts";
import { compileMultiValue, compileValue } from "./values/compile-value.ts";

/** Headers of a request or of a part. */
export function explainHeaders(
  { headers, basicAuthCredentials }: Pick<RequestPattern, "headers" | "basicAuthCredentials">,
  valuesOf: (name: string) => readonly string[],
  /** What the values may be taken for as well. */
  othersOf: (name: string) => readonly string[] = valuesOf,
): readonly DiffLine[] {
  // WireMock puts the credentials among the headers, whose order then is a hash table's.
  const given = Object.keys(headers ?? {});
  const names = basicAuthCredentials ? hashMapOrder([...new Set([...given, "Authorization"])], capacityOfCopy(given.length)) : given;
  const lines = names.map((name) => {
    if (basicAuthCredentials && name === "Authorization") return explainCredentials(basicAuthCredentials, valuesOf(name));
    const pattern: MultiValuePattern = headers?.[name] ?? { kind: "anything" };
    const values = valuesOf(name);
    const { operator, text, matches } = describeMulti(pattern, "", values);
    const fits = matches || compileMultiValue(pattern).matches(othersOf(name));
    return line("Header", `${name}${operator}${text === "" ? "" : `: ${text}`}`, named(name, values), fits);
  });
  return lines.length === 0 ? [] : [...lines, spacer];
}

/** They are named a prefix, as the case of the scheme does not count. */
function explainCredentials({ username, password }: { username: string; password: string }, values: readonly string[]): DiffLine {
  const expected = Buffer.from(`${username}:${password}`).toString("base64");
  const matches = values.some((value) => /^basic /i.test(value) && value.slice(6) === expected);
  return line("Header", `Authorization [prefix] : Basic ${expected}`, named("Authorization", values), matches);
}

/** Query and form parameters. */
export function explainNamed(
  patterns: Readonly<Record<string, MultiValuePattern>> | undefined,
  label: string,
  attribute: string,
  valuesOf: (name: string) => readonly string[],
): readonly DiffLine[] {
  const lines = Object.entries(patterns ?? {}).map(([name, pattern]) => {
    const values = valuesOf(name);
    const { operator, text, matches } = describeMulti(pattern, " = ", values);
    return line(attribute, `${label}: ${name}${operator}${text}`, named(name, values), matches);
  });
  return lines.length === 0 ? [] : [...lines, spacer];
}

/** Equality needs no word; every other operator is named. */
export function operatorOf(matcher: ValueMatcher, equality: string): string {
  return isEquality(matcher.pattern) ? equality : ` [${matcher.pattern.kind}] `;
}

function isEquality({ kind }: ValuePattern): boolean {
  return kind === "equalTo" || kind === "equalToJson" || kind === "equalToXml" || kind === "binaryEqualTo";
}

function describeMulti(pattern: MultiValuePattern, equality: string, values: readonly string[]) {
  const matcher = compileMultiValue(pattern);
  const matches = matcher.matches(values);
  if (pattern.kind === "hasExactly") return { operator: ` exactly [${matcher.describe()}]`, text: "", matches };
  if (pattern.kind === "includes") return { operator: ` including [${matcher.describe()}]`, text: "", matches };
  return { operator: operatorOf(compileValue(pattern), equality), text: matcher.describe(), matches };
}

function named(name: string, values: readonly string[]): string {
  return values.map((value) => `${name}: ${value}`).join("\n");
}
