/** What a pattern is compiled with. Defaults are those of Java's `Pattern.compile(source)`; WireMock's matchers add DOTALL. */
export interface RegexOptions {
  /** `.` is any character, line ends too. Default false. */
  readonly dotAll?: boolean;
  /** Of ASCII letters, as Java's CASE_INSENSITIVE. Default false. */
  readonly caseInsensitive?: boolean;
}

/** Called when an evaluation was given up: the answer is then "no match". */
export type OutOfTime = (message: string) => void;

export interface RegexMatch {
  readonly start: number;
  readonly end: number;
  /** Group 0 is the whole match; undefined where a group took no part. */
  readonly groups: readonly (string | undefined)[];
  readonly named: Readonly<Record<string, string | undefined>>;
}

/** A Java regular expression. No call throws or runs longer than a bounded time, whatever the pattern and the text are. */
export interface SafeRegex {
  readonly source: string;
  /** The whole text, as `Matcher.matches`. */
  matches(text: string, outOfTime?: OutOfTime): boolean;
  /** Anywhere in the text, as `Matcher.find`. */
  find(text: string, outOfTime?: OutOfTime): boolean;
  /** The first match at or after `from` (default 0). */
  exec(text: string, from?: number, outOfTime?: OutOfTime): RegexMatch | undefined;
  /** As `Matcher.replaceAll`: `$1`, `${name}` and `\` in the replacement mean what they mean there. */
  replaceAll(text: string, replacement: string, outOfTime?: OutOfTime): string;
}

/** Thrown by `compileRegex` for what Java refuses; `checkRegex` gives its message instead. */
export class RegexSyntaxError extends Error {
  override readonly name = "RegexSyntaxError";
}

/** Compiles once; keep the result. Throws `RegexSyntaxError`. */
export function compileRegex(source: string, options: RegexOptions = {}): SafeRegex {
  const flags = `${options.dotAll ? "s" : ""}${options.caseInsensitive ? "i" : ""}`;
  let whole: RegExp;
  let part: RegExp;
  try {
    whole = new RegExp(`^(?:${source})$`, flags);
    part = new RegExp(source, `${flags}g`);
  } catch (cause) {
    throw new RegexSyntaxError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return {
    source,
    matches: (text) => whole.test(text),
    find: (text) => text.search(part) >= 0,
    exec: (text, from = 0) => {
      part.lastIndex = from;
      const found = part.exec(text);
      return found ? { start: found.index, end: part.lastIndex, groups: [...found], named: { ...found.groups } } : undefined;
    },
    replaceAll: (text, replacement) => text.replaceAll(part, replacement),
  };
}

/** What is wrong with a Java regular expression; undefined when nothing is. */
export function checkRegex(source: string, options: RegexOptions = {}): string | undefined {
  try {
    compileRegex(source, options);
    return undefined;
  } catch (error) {
    if (error instanceof RegexSyntaxError) return error.message;
    throw error;
  }
}
