import type { RegexMatch } from "./safe-regex.ts";

/** Java's replacement text: `$1`, `${name}`, and a backslash before what is meant literally. */
export function expandReplacement(replacement: string, match: RegexMatch): string {
  let result = "";
  for (let i = 0; i < replacement.length; i++) {
    const char = replacement.charAt(i);
    if (char === "\\") {
      result += replacement.charAt(++i);
    } else if (char === "$") {
      const reference = readReference(replacement.slice(i + 1), match);
      result += reference.text;
      i += reference.length;
    } else {
      result += char;
    }
  }
  return result;
}

/** What stands after `$`: a name in braces, or as many digits as make the number of a group. */
function readReference(rest: string, match: RegexMatch): { readonly text: string; readonly length: number } {
  const name = /^\{([A-Za-z][A-Za-z0-9]*)\}/.exec(rest);
  if (name) return { text: match.named[name[1] ?? ""] ?? "", length: name[0].length };
  let digits = /^[0-9]/.exec(rest)?.[0] ?? "";
  while (/[0-9]/.test(rest.charAt(digits.length)) && Number(digits + rest.charAt(digits.length)) < match.groups.length) {
    digits += rest.charAt(digits.length);
  }
  return digits === "" ? { text: "$", length: 0 } : { text: match.groups[Number(digits)] ?? "", length: digits.length };
}
