import { compareNumbers } from "../decimal.ts";
import { isJsonNumber, isJsonObject, type JsonNumber, type JsonValue } from "../json-value.ts";
import { parseJson } from "../parse-json.ts";
import { equalityText, isWrittenWhole, javaNumber } from "./json-equality.ts";
import { isMultipleOf } from "./multiple-of.ts";
import { compilePattern } from "./schema-pattern.ts";
import { type Keyword, SchemaRefusal, type SchemaScope } from "./schema-scope.ts";
import { textFormats } from "./text-formats.ts";

/** Keywords about numbers, texts and single values. */
export const valueKeywords = {
  type(types, scope) {
    const isOfType = typeTest(types, scope);
    return (value, place, run) => {
      if (!isOfType(value)) run.fail("type", `${typeOf(value)} found, ${expectedTypes(types)} expected`, place);
    };
  },
  enum(values, scope) {
    const known = new Set(Array.isArray(values) ? values.map(enumText) : []);
    if (scope.schema.nullable === true) known.add(enumText(null));
    return (value, place, run) => {
      if (!known.has(enumText(value))) run.fail("enum", "is none of the values of the enumeration", place);
    };
  },
  const(expected) {
    const text = equalityText(expected, "by-kind");
    return (value, place, run) => {
      const isSame =
        isJsonNumber(expected) && isJsonNumber(value)
          ? compareNumbers(javaNumber(expected), javaNumber(value)) === 0
          : equalityText(value, "by-kind") === text;
      if (!isSame) run.fail("const", "is not the constant value", place);
    };
  },
  minimum: (limit, { schema }) => limitKeyword("minimum", limit, (order) => order > 0 || (order === 0 && schema.exclusiveMinimum !== true)),
  maximum: (limit, { schema }) => limitKeyword("maximum", limit, (order) => order < 0 || (order === 0 && schema.exclusiveMaximum !== true)),
  exclusiveMinimum: (limit) => limitKeyword("exclusiveMinimum", limit, (order) => order > 0),
  exclusiveMaximum: (limit) => limitKeyword("exclusiveMaximum", limit, (order) => order < 0),
  multipleOf(divisor) {
    if (!isJsonNumber(divisor) || Number(divisor) === 0) return undefined;
    return (value, place, run) => {
      if (isJsonNumber(value) && !isMultipleOf(Number(value), Number(divisor)))
        run.fail("multipleOf", `is no multiple of ${divisor}`, place);
    };
  },
  minLength(limit) {
    const least = wholeNumber(limit) ?? 0;
    return (value, place, run) => {
      if (typeof value !== "string" || value.length >= 2 * least) return;
      if (value.length < least || lengthOf(value) < least) run.fail("minLength", `is shorter than ${least} characters`, place);
    };
  },
  maxLength(limit) {
    const most = wholeNumber(limit) ?? Number.POSITIVE_INFINITY;
    return (value, place, run) => {
      if (typeof value !== "string" || value.length <= most) return;
      if (lengthOf(value) > most) run.fail("maxLength", `is longer than ${most} characters`, place);
    };
  },
  pattern(source) {
    if (typeof source !== "string") return undefined;
    const regex = compilePattern(source);
    return (value, place, run) => {
      if (typeof value === "string" && !regex.find(value, run.outOfTime)) run.fail("pattern", `does not match ${source}`, place);
    };
  },
  format(name) {
    const fits = typeof name === "string" && Object.hasOwn(textFormats, name) ? textFormats[name] : undefined;
    if (!fits) return undefined;
    return (value, place, run) => {
      if (typeof value === "string" && !fits(value)) run.fail("format", `does not match the format ${name}`, place);
    };
  },
  contentEncoding(encoding) {
    if (encoding !== "base64") return undefined;
    return (value, place, run) => {
      if (typeof value === "string" && !isBase64(value)) run.fail("contentEncoding", "is not base64", place);
    };
  },
  contentMediaType(type, { schema }) {
    if (typeof type !== "string") return undefined;
    if (type !== "application/json") {
      if (MEDIA_TYPE.test(type)) return undefined;
      return (value, place, run) => {
        if (typeof value === "string") run.fail("contentMediaType", `${type} is no media type`, place);
      };
    }
    const isEncoded = schema.contentEncoding === "base64";
    return (value, place, run) => {
      if (typeof value !== "string" || (isEncoded && !isBase64(value))) return;
      const text = isEncoded ? Buffer.from(value, "base64").toString("utf8") : value;
      if (text.trim() !== "" && !parseJson(text).ok) run.fail("contentMediaType", "is not JSON", place);
    };
  },
} satisfies Record<string, Keyword>;

/** Whether a value is of the types of a schema. Types that nobody knows have no values. */
export function typeTest(types: JsonValue, scope: SchemaScope): (value: JsonValue) => boolean {
  // In WireMock an enumeration of objects that is referred to takes everything for an object.
  if (scope.isReferred && types === "object" && Array.isArray(scope.schema.enum)) return () => true;
  if (Array.isArray(types)) {
    const tests = types.map((type) => (isJsonObject(type) ? () => false : typeTest(type, scope)));
    return (value) => tests.some((test) => test(value));
  }
  return (value) => isOfType(value, types, scope) || (value === null && scope.isNullable);
}

function isOfType(value: JsonValue, type: JsonValue, { version }: SchemaScope): boolean {
  if (type === "any") return true;
  if (!isJsonNumber(value)) return typeOf(value) === type;
  if (type === "number") return true;
  return type === "integer" && (isWrittenWhole(value) || (version !== "V4" && Number.isInteger(Number(value))));
}

function typeOf(value: JsonValue): string {
  if (value === null) return "null";
  if (isJsonNumber(value)) return isWrittenWhole(value) ? "integer" : "number";
  return Array.isArray(value) ? "array" : typeof value;
}

function expectedTypes(types: JsonValue): string {
  return Array.isArray(types) ? `one of ${types.join(", ")}` : String(types);
}

function enumText(value: JsonValue): string {
  return equalityText(value, isJsonNumber(value) || Array.isArray(value) ? "by-value" : "by-kind");
}

function limitKeyword(name: string, limit: JsonValue, isWithin: (order: number) => boolean): ReturnType<Keyword> {
  if (!isJsonNumber(limit)) throw new SchemaRefusal(`${name} value is not a number`);
  const bound = javaNumber(limit);
  return (value, place, run) => {
    if (isJsonNumber(value) && !isWithin(compareJavaNumbers(javaNumber(value), bound))) run.fail(name, `is beyond ${bound}`, place);
  };
}

function compareJavaNumbers(one: number | JsonNumber, two: number | JsonNumber): number {
  const areFinite = Number.isFinite(Number(one)) && Number.isFinite(Number(two));
  return areFinite ? compareNumbers(one, two) : Math.sign(Number(one) - Number(two));
}

/** What Java counts with. */
export function wholeNumber(value: JsonValue): number | undefined {
  return isJsonNumber(value) && Number.isInteger(Number(value)) ? Number(value) | 0 : undefined;
}

/** Characters beyond the first plane count once. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && isBase64Length(text);
}

/** Padding may be missing; it may not be wrong. */
function isBase64Length(text: string): boolean {
  const letters = text.replace(/=+$/, "").length;
  if (letters % 4 === 1) return false;
  return letters === text.length || text.length % 4 === 0;
}

const TOKEN = "[0-9A-Za-z!#$%&'*+.^_`|~-]+";
const MEDIA_TYPE = new RegExp(
  `^(?:application|audio|font|example|image|message|model|multipart|text|video|x-${TOKEN})/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))*$`,
);
