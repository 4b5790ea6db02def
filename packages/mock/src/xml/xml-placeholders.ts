import { DateSpecError } from "../dates/date-spec-error.ts";
import { beginsWithDate } from "../dates/simple-date-prefix.ts";
import { compileRegex, RegexSyntaxError, type SafeRegex } from "../regex/safe-regex.ts";

/** What an expected text asks for instead of itself: `${xmlunit.isNumber}`. */
export interface XmlPlaceholders {
  /**
   * Whether the expected text is a placeholder that takes the actual one; `undefined` is a text or attribute that is missing. Throws
   * `XmlPlaceholderError` for a placeholder that cannot be used.
   */
  accept(expected: string, actual: string | undefined): boolean;
}

export class XmlPlaceholderError extends Error {
  override readonly name = "XmlPlaceholderError";
}

const OPENING = "\\Q${\\E";
const CLOSING = "\\Q}\\E";
const ARGUMENTS = compileRegex("((.*)\\s*\\((.+)\\s*\\)\\s*)");

type Accepts = (actual: string | undefined) => boolean;

/** Delimiters are regular expressions; blank ones are the usual ones. Throws `RegexSyntaxError`. */
export function compileXmlPlaceholders(opening: string | undefined, closing: string | undefined): XmlPlaceholders {
  const start = opening === undefined || opening.trim() === "" ? OPENING : opening;
  const end = closing === undefined || closing.trim() === "" ? CLOSING : closing;
  const placeholder = compileRegex(`(\\s*${start}\\s*\\Qxmlunit.\\E(.+)\\s*${end}\\s*)`);
  // Texts of the expected document alone get in here.
  const known = new Map<string, Accepts>();
  return {
    accept(expected, actual) {
      let accepts = known.get(expected);
      if (!accepts) {
        accepts = placeholderIn(expected, placeholder);
        known.set(expected, accepts);
      }
      return accepts(actual);
    },
  };
}

const never: Accepts = () => false;

/** Delimiters with groups move the ones that are looked at, as they do in WireMock. */
function placeholderIn(expected: string, placeholder: SafeRegex): Accepts {
  const groups = placeholder.exec(expected)?.groups;
  if (!groups) return never;
  const content = groups[2]?.trim() ?? "";
  const call = ARGUMENTS.exec(content)?.groups;
  const keyword = call ? (call[2]?.trim() ?? "") : content;
  const given = call?.[3]?.split(",") ?? [];
  // Java's split drops what is empty at the end.
  while (given.length > 0 && given.at(-1) === "") given.pop();
  const accepts = placeholderNamed(keyword, given);
  if (!accepts) return never;
  if (groups[1]?.trim() === expected.trim()) return accepts;
  return () => {
    throw new XmlPlaceholderError(`the placeholder ${groups[1]?.trim()} has to be all of the text`);
  };
}

function placeholderNamed(keyword: string, given: readonly string[]): Accepts | undefined {
  switch (keyword) {
    case "ignore":
      return () => true;
    case "isNumber":
      return (actual) => actual !== undefined && /^[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?$/.test(actual.trim());
    case "matchesRegex":
      return given[0] ? findsPattern(given[0].trim()) : never;
    case "isDateTime":
      return given[0] !== undefined && given.length === 1 ? isDateOf(given[0]) : isUsualDate;
    default:
      return undefined;
  }
}

function findsPattern(source: string): Accepts {
  let regex: SafeRegex | undefined;
  return (actual) => {
    try {
      regex ??= compileRegex(source);
    } catch (error) {
      if (error instanceof RegexSyntaxError) throw new XmlPlaceholderError(error.message);
      throw error;
    }
    return actual !== undefined && regex.find(actual.trim());
  };
}

function isDateOf(pattern: string): Accepts {
  return (actual) => {
    if (actual === undefined) throw new XmlPlaceholderError(`there is no text to be a date of ${pattern}`);
    try {
      return beginsWithDate(actual, pattern);
    } catch (error) {
      if (error instanceof DateSpecError) throw new XmlPlaceholderError(error.message);
      throw error;
    }
  };
}

/** An ISO date, or an American one, whatever follows it. */
function isUsualDate(actual: string | undefined): boolean {
  return actual !== undefined && (beginsWithDate(actual, "yyyy-MM-dd") || beginsWithDate(actual, "M/d/yy"));
}
