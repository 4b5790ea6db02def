import { PREMATURE_END, UNFINISHED } from "./xml-refusals.ts";

/** `<?xml version="1.0"?>`: where it ends, 0 for none, or what is wrong with it, in the order in which Java's parser finds out. */
export function readDeclaration(text: string): number | string {
  if (/^<\?xml$/.test(text)) return PREMATURE_END;
  if (!/^<\?xml\s/.test(text)) return 0;
  let at = "<?xml".length;
  for (let earliest = 0; ; ) {
    const start = skipSpace(text, at);
    const isParted = start > at;
    if (start === text.length) return earliest === 0 ? PREMATURE_END : UNFINISHED;
    if (text[start] === "?") return endOf(text, start, earliest);
    const name = NAMES.find((each) => text.startsWith(each, start));
    if (name === undefined) return "A pseudo attribute name is expected.";
    const value = readValue(text, start + name.length, name);
    if (typeof value === "string") return value;
    const order = NAMES.indexOf(name);
    if (earliest === 0 && order > 0) return "The version is required in the XML declaration.";
    if (order < earliest) return "A pseudo attribute name is expected.";
    if (!isParted) return `White space is required before the ${name} pseudo attribute in the XML declaration.`;
    const problem = valueProblem(name, text.slice(value.from, value.to));
    if (problem !== undefined) return problem;
    earliest = order + 1;
    at = value.to + 1;
  }
}

const NAMES = ["version", "encoding", "standalone"] as const;

function endOf(text: string, at: number, earliest: number): number | string {
  if (text[at + 1] === undefined) return UNFINISHED;
  if (text[at + 1] !== ">") return 'The XML declaration must end with "?>".';
  return earliest === 0 ? "The version is required in the XML declaration." : at + 2;
}

/** Behind the name. */
function readValue(text: string, after: number, name: string): { readonly from: number; readonly to: number } | string {
  const cut = name === "version" ? PREMATURE_END : UNFINISHED;
  const sign = skipSpace(text, after);
  if (sign === text.length) return cut;
  if (text[sign] !== "=") return `The ' = ' character must follow "${name}" in the XML declaration.`;
  const open = skipSpace(text, sign + 1);
  if (open === text.length) return cut;
  const quote = text[open] ?? "";
  if (quote !== '"' && quote !== "'") return `The value following "${name}" in the XML declaration must be a quoted string.`;
  const to = text.indexOf(quote, open + 1);
  return to < 0 ? cut : { from: open + 1, to };
}

function valueProblem(name: (typeof NAMES)[number], value: string): string | undefined {
  if (name === "version" && value !== "1.0" && value !== "1.1") {
    return `XML version "${value}" is not supported, only XML 1.0 is supported.`;
  }
  if (name === "standalone" && value !== "yes" && value !== "no") {
    return `The standalone document declaration value must be "yes" or "no", not "${value}".`;
  }
  return undefined;
}

function skipSpace(text: string, at: number): number {
  let end = at;
  while (/\s/.test(text.charAt(end))) end++;
  return end;
}
