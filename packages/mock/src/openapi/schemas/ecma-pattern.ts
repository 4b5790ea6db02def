import { checkRegex, compileRegex, type SafeRegex } from "../../regex/safe-regex.ts";

/**
 * Patterns of schemas are ECMA-262 regular expressions; what runs them, in bounded time, is our engine for Java's. The two differ
 * in few places, and those are rewritten here: the dot, `\s`, `$`, brackets inside classes, braces that count nothing, escapes.
 */
export interface SchemaPattern {
  readonly source: string;
  /** In the engine's own dialect. */
  readonly translated: string;
  test(text: string): boolean;
}

const patterns = new Map<string, SchemaPattern>();
const mostKept = 2_000;
const longestPattern = 5_000;

/** Compiles once. Throws a RegexSyntaxError for what `patternFault` refuses. */
export function compilePattern(source: string): SchemaPattern {
  const kept = patterns.get(source);
  if (kept !== undefined) return kept;
  const translated = translatePattern(source);
  let regex: SafeRegex | undefined;
  const pattern: SchemaPattern = {
    source,
    translated,
    test: (text) => {
      regex ??= compileRegex(translated);
      return regex.find(text);
    },
  };
  if (patterns.size >= mostKept) patterns.clear();
  patterns.set(source, pattern);
  return pattern;
}

/** What is wrong with a pattern; undefined when nothing is. */
export function patternFault(source: string): string | undefined {
  if (source.length > longestPattern) return `it has ${source.length} characters, at most ${longestPattern} are taken`;
  const foreign = /(?<!\\)(?:\\\\)*\\([AZzGQERXN])/.exec(source);
  if (foreign !== null) return `\\${foreign[1]} is not of ECMA-262: write ^ and $ for the ends`;
  return checkRegex(translatePattern(source));
}

const space = "\\t\\n\\x0B\\f\\r \\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000\\uFEFF";

/** Whether a pattern can be run; one that cannot was told of while loading, and is not checked. */
export function isUsable(source: string): boolean {
  let usable = usability.get(source);
  if (usable === undefined) {
    usable = patternFault(source) === undefined;
    if (usability.size >= mostKept) usability.clear();
    usability.set(source, usable);
  }
  return usable;
}

const usability = new Map<string, boolean>();

export function translatePattern(source: string): string {
  let out = "";
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? "";
    if (char === "\\") {
      const escaped = translateEscape(source, at, inClass);
      out += escaped.text;
      at = escaped.end - 1;
    } else if (inClass) {
      if (char === "]") inClass = false;
      out += char === "[" || char === "&" || char === "#" ? `\\${char}` : char;
    } else if (char === "[") {
      if (source.startsWith("[^]", at)) {
        out += "(?s:.)";
        at += 2;
      } else if (source.startsWith("[]", at)) {
        out += "(?!)";
        at += 1;
      } else {
        inClass = true;
        out += source[at + 1] === "^" ? "[^" : "[";
        if (source[at + 1] === "^") at++;
      }
    } else if (char === ".") out += "[^\\n\\r\\u2028\\u2029]";
    else if (char === "$") out += "\\z";
    else if (char === "{" && !/^\{\d+(,\d*)?\}/.test(source.slice(at, at + 24))) out += "\\{";
    else if (char === "}" && !/\{\d+(,\d*)?$/.test(source.slice(Math.max(0, at - 24), at))) out += "\\}";
    else out += char;
  }
  return out.replaceAll(/(\(\?<|\\k<)([A-Za-z_$][\w$]*)>/g, (_, open, name) => `${open}${javaGroupName(name)}>`);
}

/** Java takes letters and digits alone. */
function javaGroupName(name: string): string {
  return `g${name.replaceAll(/[^A-Za-z0-9]/g, (char) => `0${char.charCodeAt(0)}0`)}`;
}

function translateEscape(source: string, at: number, inClass: boolean): { readonly text: string; readonly end: number } {
  const char = source[at + 1] ?? "";
  const rest = source.slice(at, at + 40);
  if (char === "") return { text: "\\", end: at + 1 };
  if (char === "s") return { text: inClass ? space : `[${space}]`, end: at + 2 };
  if (char === "S") return { text: `[^${space}]`, end: at + 2 };
  if (char === "v") return { text: "\\x0B", end: at + 2 };
  if (char === "0" && !/\d/.test(source[at + 2] ?? "")) return { text: "\\x00", end: at + 2 };
  if (char === "b" && inClass) return { text: "\\x08", end: at + 2 };
  const point = /^\\u\{([0-9a-fA-F]{1,6})\}/.exec(rest);
  if (point !== null) return { text: `\\x{${point[1]}}`, end: at + point[0].length };
  const property = /^\\([pP])\{([^}]*)\}/.exec(rest);
  if (property !== null) return { text: `\\${property[1]}{${javaProperty(property[2] ?? "")}}`, end: at + property[0].length };
  const numbered = /^\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z])/.exec(rest);
  if (numbered !== null) return { text: numbered[0], end: at + numbered[0].length };
  // A letter that means nothing after a backslash stands for itself; Java refuses it.
  if (/[a-zA-Z]/.test(char) && !"dDwWbBtnrfk".includes(char)) return { text: char, end: at + 2 };
  // Beyond ASCII Java takes no backslash of the first half of a pair.
  const whole = String.fromCodePoint(source.codePointAt(at + 1) ?? 0);
  return { text: whole.length > 1 ? whole : `\\${char}`, end: at + 1 + whole.length };
}

const generalCategories: Readonly<Record<string, string>> = {
  Letter: "L",
  Lowercase_Letter: "Ll",
  Uppercase_Letter: "Lu",
  Mark: "M",
  Number: "N",
  Decimal_Number: "Nd",
  Punctuation: "P",
  Symbol: "S",
  Separator: "Z",
  Other: "C",
  ASCII: "ASCII",
  Alphabetic: "IsAlphabetic",
  Alpha: "IsAlphabetic",
  Lowercase: "IsLowercase",
  Uppercase: "IsUppercase",
  White_Space: "IsWhite_Space",
};

function javaProperty(name: string): string {
  const script = /^(?:Script|sc|Script_Extensions|scx)=(.*)$/.exec(name);
  if (script !== null) return `Is${script[1]}`;
  const category = /^(?:General_Category|gc)=(.*)$/.exec(name)?.[1] ?? name;
  return generalCategories[category] ?? category;
}
