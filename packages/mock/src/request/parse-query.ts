import { appendValue } from "./append-value.ts";
import { decodeBytes } from "./decode-text.ts";

/** Of a query or a form: what comes after is left out. */
const maxParameters = 10_000;

/**
 * Parameters of a query as WireMock reads them: `+` is a space, a key without `=` has the value "", an empty pair has the key "",
 * a date with offset keeps its `+`. What is no escape stays as it is.
 */
export function parseQuery(query: string): ReadonlyMap<string, readonly string[]> {
  const parameters = new Map<string, string[]>();
  if (query === "") return parameters;
  const pairs = query.split("&", maxParameters);
  while (pairs.at(-1) === "") pairs.pop();
  for (const pair of pairs) addPair(parameters, pair, decodeQueryPart);
  return parameters;
}

/** A body of type application/x-www-form-urlencoded. Empty pairs are nothing here; escapes are bytes of `charset`. */
export function parseForm(text: string, charset: string | undefined): ReadonlyMap<string, readonly string[]> {
  const parameters = new Map<string, string[]>();
  for (const pair of text.split("&", maxParameters)) {
    if (pair !== "") addPair(parameters, pair, (part) => decodePercent(part, charset));
  }
  return parameters;
}

function addPair(parameters: Map<string, string[]>, pair: string, decode: (part: string) => string): void {
  const equals = pair.indexOf("=");
  if (equals === -1) appendValue(parameters, decode(pair), "");
  else appendValue(parameters, decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)));
}

function decodeQueryPart(part: string): string {
  return isOffsetDateTime.test(part) ? part : decodePercent(part, undefined);
}

const isOffsetDateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[-+]\d{2}:\d{2}(:\d{2})?)$/i;

/** `%41+b` -> `A b`. Never throws: half an escape stays, bytes that are no text become U+FFFD. */
export function decodePercent(text: string, charset: string | undefined): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  return spaced.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => decodeBytes(Buffer.from(escapes.replaceAll("%", ""), "hex"), charset));
}
