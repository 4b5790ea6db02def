/**
 * Variables in text as Docker Compose replaces them: `$NAME`, `${NAME}`, with `:-` and `-` (default), `:?` and `?` (required),
 * `:+` and `+` (replacement), nested to any depth, and `$$` for a dollar. A `$` before anything else stays as it is.
 * Source: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md and compose-go's template package.
 */
export type Interpolated =
  | { readonly ok: true; readonly value: string /** Variables without a value, replaced by nothing. */; readonly unset: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly fix: string };

export type Lookup = (name: string) => string | undefined;

const deepestNesting = 20;

class Refused extends Error {
  readonly fix: string;
  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

export function interpolate(text: string, lookup: Lookup): Interpolated {
  if (!text.includes("$")) return { ok: true, value: text, unset: [] };
  const unset = new Set<string>();
  try {
    const value = replaceIn(text, { lookup, unset, depth: 0 });
    return { ok: true, value, unset: [...unset] };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, message: error.message, fix: error.fix };
    throw error;
  }
}

interface Context {
  readonly lookup: Lookup;
  readonly unset: Set<string>;
  readonly depth: number;
}

function replaceIn(text: string, context: Context): string {
  if (context.depth > deepestNesting) throw new Refused("nests variables too deeply", "nest defaults less");
  let result = "";
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf("$", at);
    if (dollar === -1) return result + text.slice(at);
    result += text.slice(at, dollar);
    const next = text[dollar + 1];
    const name = nameAt(text, dollar + 1);
    if (next === "$") {
      result += "$";
      at = dollar + 2;
    } else if (next === "{") {
      const end = closingBrace(text, dollar + 2);
      result += replaceBraced(text.slice(dollar + 2, end), context);
      at = end + 1;
    } else if (name !== "") {
      result += valueNamed(name, context);
      at = dollar + 1 + name.length;
    } else {
      result += "$";
      at = dollar + 1;
    }
  }
  return result;
}

function replaceBraced(inner: string, context: Context): string {
  const name = nameAt(inner, 0);
  const operator = /^:?[-?+]/.exec(inner.slice(name.length))?.[0] ?? "";
  const rest = inner.slice(name.length + operator.length);
  if (name === "" || (operator === "" && rest !== "")) {
    throw new Refused(
      `"\${${inner.slice(0, 60)}}" is not a variable`,
      "write $NAME in braces, with a default after `:-` if it needs one; for a literal dollar write $$",
    );
  }
  const value = context.lookup(name);
  const present = value !== undefined && !(operator.startsWith(":") && value === "");
  const nested = { ...context, depth: context.depth + 1 };
  switch (operator.at(-1)) {
    case "-":
      return present ? (value ?? "") : replaceIn(rest, nested);
    case "+":
      return present ? replaceIn(rest, nested) : "";
    case "?": {
      if (present) return value ?? "";
      const said = replaceIn(rest, nested);
      throw new Refused(`the variable ${name} is required${said === "" ? "" : `: ${said}`}`, `set ${name} in the environment or in .env`);
    }
    default:
      return valueNamed(name, context);
  }
}

function valueNamed(name: string, { lookup, unset }: Context): string {
  const value = lookup(name);
  if (value === undefined) unset.add(name);
  return value ?? "";
}

function nameAt(text: string, at: number): string {
  const pattern = /[A-Za-z_][A-Za-z0-9_]*/y;
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** The brace that closes the one opened before `from`, past the braces of variables nested in it. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "$" && text[at + 1] === "$") at++;
    else if (text[at] === "$" && text[at + 1] === "{") {
      depth++;
      at++;
    } else if (text[at] === "}" && --depth === 0) return at;
  }
  throw new Refused(`"\${" is not closed in "${text.slice(0, 60)}"`, "close it with }; for a literal dollar write $$");
}
