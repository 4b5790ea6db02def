import { parseJavaRegex } from "./parse-java-regex.ts";
import { RegexProgram } from "./regex-program.ts";
import { RegexSyntaxError } from "./regex-syntax-error.ts";
import { expandReplacement } from "./replacement.ts";
import { spellFinalEnd, trimAnchors } from "./trim-anchors.ts";

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

/**
 * A Java regular expression. No call throws or runs longer than a bounded time, whatever the pattern and the text are. What Java has
 * and this has not is refused when compiled: canonical equivalence, `\b{g}` and `\N{NAME}`.
 */
export interface SafeRegex {
  readonly source: string;
  /** The whole text, as `Matcher.matches`. */
  matches(text: string, outOfTime?: OutOfTime): boolean;
  /** Anywhere in the text, as `Matcher.find`. */
  find(text: string, outOfTime?: OutOfTime): boolean;
  /** The first match at or after `from` (default 0). */
  exec(text: string, from?: number, outOfTime?: OutOfTime): RegexMatch | undefined;
  /** All matches, one after another, as a loop over `Matcher.find`; at most `limit` (default 100,000). */
  execAll(text: string, limit?: number, outOfTime?: OutOfTime): readonly RegexMatch[];
  /** As `Matcher.replaceAll`: `$1`, `${name}` and `\` in the replacement mean what they mean there; a group that does not exist is empty. */
  replaceAll(text: string, replacement: string, outOfTime?: OutOfTime): string;
}

export { RegexSyntaxError };

const MAX_MATCHES = 100_000;
/** Longer patterns are refused: compiling them is work too. */
const MAX_SOURCE_LENGTH = 100_000;

/** Compiles once; keep the result. Throws `RegexSyntaxError` for what Java refuses. */
export function compileRegex(source: string, options: RegexOptions = {}): SafeRegex {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw new RegexSyntaxError(`Pattern is longer than ${MAX_SOURCE_LENGTH} characters`, source.slice(0, 100), -1);
  }
  const tree = parseJavaRegex(source, { dotAll: options.dotAll ?? false, ignoreCase: options.caseInsensitive ?? false });
  const whole = programOf(source, () => new RegexProgram({ ...tree, root: trimAnchors(tree.root) }, "whole"));
  // Most patterns are only ever asked whether they match the whole text.
  let part: RegexProgram | undefined;
  let groups: RegexProgram | undefined;

  function exec(text: string, from = 0, outOfTime?: OutOfTime): RegexMatch | undefined {
    groups ??= new RegexProgram(tree, "groups");
    const found = groups.exec(text, from, outOfTime);
    if (!found) return undefined;
    return { ...found, named: Object.fromEntries([...tree.names].map(([name, index]) => [name, found.groups[index]])) };
  }

  function execAll(text: string, limit = MAX_MATCHES, outOfTime?: OutOfTime): RegexMatch[] {
    const matches: RegexMatch[] = [];
    for (let from = 0; from <= text.length && matches.length < limit; ) {
      const match = exec(text, from, outOfTime);
      if (!match) break;
      matches.push(match);
      from = match.end > match.start ? match.end : match.end + ((text.codePointAt(match.end) ?? 0) > 0xffff ? 2 : 1);
    }
    return matches;
  }

  return {
    source,
    matches: (text, outOfTime) => whole.test(text, outOfTime),
    find(text, outOfTime) {
      part ??= new RegexProgram({ ...tree, root: spellFinalEnd(tree.root) }, "part");
      return part.test(text, outOfTime);
    },
    exec,
    execAll,
    replaceAll(text, replacement, outOfTime) {
      let result = "";
      let end = 0;
      for (const match of execAll(text, MAX_MATCHES, outOfTime)) {
        result += text.slice(end, match.start) + expandReplacement(replacement, match);
        end = match.end;
      }
      return result + text.slice(end);
    },
  };
}

/** What is wrong with a Java regular expression, as Java words it; undefined when nothing is. */
export function checkRegex(source: string, options: RegexOptions = {}): string | undefined {
  try {
    compileRegex(source, options);
    return undefined;
  } catch (error) {
    if (error instanceof RegexSyntaxError) return error.message;
    throw error;
  }
}

function programOf(source: string, make: () => RegexProgram): RegexProgram {
  try {
    return make();
  } catch (error) {
    // V8 holds counts and sizes to limits that Java does not have.
    if (error instanceof SyntaxError) throw new RegexSyntaxError(error.message, source, -1);
    throw error;
  }
}
