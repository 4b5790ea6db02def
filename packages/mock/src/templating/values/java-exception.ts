import { BigDecimal } from "./big-decimal.ts";
import { JavaDouble } from "./java-double.ts";
import { BeanValue, DateValue, ListValue, MapValue, type Value, XmlValue } from "./value.ts";

/**
 * What a helper throws where WireMock's would: its text ends up in the answer (`1:2: java.lang.ArithmeticException: / by zero`), so
 * class and message are Java's.
 */
export class JavaException extends Error {
  override readonly name = "JavaException";
  readonly className: string;

  constructor(className: string, message?: string) {
    super(message ?? "");
    this.className = className;
    this.#hasMessage = message !== undefined;
  }

  readonly #hasMessage: boolean;

  /** As Throwable.toString. */
  get reason(): string {
    return this.#hasMessage ? `${this.className}: ${this.message}` : this.className;
  }
}

export function illegalArgument(message: string): JavaException {
  return new JavaException("java.lang.IllegalArgumentException", message);
}

/** Calling `member` on what is null; `variable` is the name Java's message gives it. */
export function nullPointer(member: string, variable: string): JavaException {
  return new JavaException("java.lang.NullPointerException", `Cannot invoke "${member}" because "${variable}" is null`);
}

export function badNumber(text: string): JavaException {
  return new JavaException("java.lang.NumberFormatException", text === "" ? 'For input string: ""' : `For input string: "${text}"`);
}

export function badCast(value: Value, target: string): JavaException {
  const source = classNameOf(value);
  const where = (name: string) =>
    name.startsWith("java.") ? "in module java.base of loader 'bootstrap'" : "in unnamed module of loader 'app'";
  const places =
    where(source) === where(target)
      ? `${source} and ${target} are ${where(source)}`
      : `${source} is ${where(source)}; ${target} is ${where(target)}`;
  return new JavaException("java.lang.ClassCastException", `class ${source} cannot be cast to class ${target} (${places})`);
}

const MAX_INT = 2 ** 31 - 1;
const MAX_LONG = 2n ** 63n - 1n;

export function isInt(value: Value): value is number {
  return typeof value === "number" && value <= MAX_INT && value >= -MAX_INT - 1;
}

export function classNameOf(value: Value): string {
  const wiremock = "com.github.tomakehurst.wiremock";
  if (typeof value === "string") return "java.lang.String";
  if (typeof value === "boolean") return "java.lang.Boolean";
  if (typeof value === "number") return isInt(value) ? "java.lang.Integer" : "java.lang.Long";
  if (typeof value === "bigint") return value <= MAX_LONG && value >= -MAX_LONG - 1n ? "java.lang.Long" : "java.math.BigInteger";
  if (value instanceof JavaDouble) return "java.lang.Double";
  if (value instanceof BigDecimal) return "java.math.BigDecimal";
  if (value instanceof DateValue) return `${wiremock}.extension.responsetemplating.helpers.RenderableDate`;
  if (value instanceof XmlValue) return `${wiremock}.common.xml.XmlDomNode`;
  if (value instanceof BeanValue) return value.javaClass;
  if (value instanceof ListValue) {
    if (value.style === "firstOnly") return `${wiremock}.common.ListOrSingle`;
    if (value.style === "json") return `${wiremock}.extension.responsetemplating.helpers.JsonData$ListJsonData`;
    return value.style === "path" ? `${wiremock}.extension.responsetemplating.UrlPath` : "java.util.ArrayList";
  }
  if (value instanceof MapValue) {
    if (value.style === "json") return `${wiremock}.extension.responsetemplating.helpers.JsonData$MapJsonData`;
    return value.style === "path" ? `${wiremock}.extension.responsetemplating.TemplatedUrlPath` : value.javaClass;
  }
  return "null";
}
