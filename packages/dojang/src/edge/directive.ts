/**
 * nginx's configuration as data. Text that comes from a project is a plain string here and is quoted by the printer, so that no
 * value can end a directive or name a variable; only `expression` lets variables through, and it is for text of our own.
 */
export interface Directive {
  readonly name: string;
  readonly values: readonly Value[];
  readonly block?: readonly Directive[];
}

export type Value = string | number | Expression | Raw;

/** Printed as it is: syntax, of our own only. */
export interface Raw {
  readonly raw: string;
}

/** Variables between texts: `expression("/slots/", variable("slot"))`. */
export interface Expression {
  readonly parts: readonly (string | Variable)[];
}

export interface Variable {
  readonly variable: string;
}

export function directive(name: string, ...values: readonly Value[]): Directive {
  return { name, values };
}

export function block(name: string, values: readonly Value[], content: readonly Directive[]): Directive {
  return { name, values, block: content };
}

export function variable(name: string): Variable {
  if (!/^[a-z0-9_]+$/.test(name)) throw new Error(`"${name}" cannot be a variable of nginx`);
  return { variable: name };
}

export function raw(text: string): Raw {
  return { raw: text };
}

export function expression(...parts: readonly (string | Variable)[]): Expression {
  return { parts };
}

/**
 * `map`: patterns are never searched for variables, so a regular expression keeps its `$`.
 * The first pattern that fits wins among regular expressions, which begin with `~`.
 */
export function map(source: Expression, target: string, entries: Readonly<Record<string, Value>>): Directive {
  const content = Object.entries(entries).map(([pattern, value]) => ({
    name: /^[a-z0-9]+$/.test(pattern) ? pattern : `"${pattern.replace(/[\\"]/g, "\\$&")}"`,
    values: [value],
  }));
  return block("map", [source, raw(`$${variable(target).variable}`)], content);
}

/** nginx has no way to write a dollar sign where variables are replaced: a variable of this name, defined by `geo`, holds one. */
export function printDirectives(directives: readonly Directive[], dollar: string, indent = ""): string {
  return directives.map((one) => printDirective(one, dollar, indent)).join("");
}

function printDirective({ name, values, block: content }: Directive, dollar: string, indent: string): string {
  const head = [name, ...values.map((value) => printValue(value, dollar))].join(" ");
  if (content === undefined) return `${indent}${head};\n`;
  return `${indent}${head} {\n${printDirectives(content, dollar, `${indent}  `)}${indent}}\n`;
}

function printValue(value: Value, dollar: string): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "object" && "raw" in value) return value.raw;
  if (typeof value === "string") return quote(escaped(value, dollar), value);
  const text = value.parts.map((part) => (typeof part === "string" ? escaped(part, dollar) : `\${${part.variable}}`)).join("");
  return `"${text}"`;
}

/** Most words need no quotes, and read better without. */
function quote(content: string, plain: string): string {
  return /^[A-Za-z0-9_./:=@~*^[\]-]+$/.test(plain) ? plain : `"${content}"`;
}

function escaped(text: string, dollar: string): string {
  if (text.includes("\0")) throw new Error("a value of nginx's configuration cannot have a zero byte");
  return text.replace(/[\\"]/g, "\\$&").replaceAll("$", `\${${dollar}}`);
}
