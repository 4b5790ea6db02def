import type { MultiValuePattern, RequestPattern } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { typesWithUsualCharset } from "../request/usual-charsets.ts";

/**
 * The query parameters and headers that a stub wants to equal a text. Stubs of one URL are told apart by them without asking each:
 * those with the same `names` are filed by their `values`.
 */
export interface EqualityKey {
  /** `?id` and `:accept`, sorted; "" when the stub wants nothing of the kind. */
  readonly names: readonly string[];
  readonly values: readonly string[];
}

export function equalityKey({ queryParameters, headers, basicAuthCredentials }: RequestPattern): EqualityKey {
  const wanted = [
    ...Object.entries(queryParameters ?? {}).map(([name, pattern]) => [`?${name}`, exactValue(pattern)] as const),
    ...Object.entries(headers ?? {}).map(([name, pattern]) => [`:${name.toLowerCase()}`, exactValue(pattern)] as const),
  ];
  // A header may be named twice, in different cases: the first is enough to file the stub by.
  const byName = new Map<string, string>();
  for (const [name, value] of wanted) if (value !== undefined && !byName.has(name)) byName.set(name, value);
  // Credentials take the place of a pattern of this header.
  if (basicAuthCredentials) byName.delete(":authorization");
  const names = [...byName.keys()].sort();
  return { names, values: names.map((name) => byName.get(name) ?? "") };
}

/** As one text that no other list of texts has. */
export function joinKey(texts: readonly string[]): string {
  return texts.length === 1 ? (texts[0] ?? "") : JSON.stringify(texts);
}

const maxCombinations = 64;

/**
 * The joined values a request has under these names: one, several where a parameter is repeated, none where one is missing;
 * undefined when there are too many combinations to look each up.
 */
export function requestKeys(names: readonly string[], request: MockRequest): readonly string[] | undefined {
  if (names.length === 1) {
    const values = valuesOf(names[0] ?? "", request);
    return values.length > maxCombinations ? undefined : values;
  }
  let combinations: readonly (readonly string[])[] = [[]];
  for (const name of names) {
    const values = valuesOf(name, request);
    if (values.length * combinations.length > maxCombinations) return undefined;
    combinations = combinations.flatMap((each) => values.map((value) => [...each, value]));
    if (combinations.length === 0) return [];
  }
  return combinations.map(joinKey);
}

function exactValue(pattern: MultiValuePattern): string | undefined {
  return pattern.kind === "equalTo" && !pattern.caseInsensitive ? pattern.value : undefined;
}

function valuesOf(name: string, request: MockRequest): readonly string[] {
  if (name.startsWith("?")) return request.query.get(name.slice(1)) ?? [];
  const sent = request.header(name.slice(1));
  return name === ":content-type" && sent.length > 0 ? [...new Set([...sent, ...typesWithUsualCharset(request)])] : sent;
}
