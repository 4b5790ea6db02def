/**
 * Path templates of `urlPathTemplate`: `/things/{id}/parts/**`. A variable takes one character or more up to the next `/`, as many
 * as it can; `**` takes any number of any characters, as few as it can, and is called "0", "1"... in the order of appearance.
 * Dots, semicolons and stars in a name are no part of it (`{;id*}` is `id`). Nothing is decoded: a variable holds what the path holds.
 */
export interface PathTemplate {
  readonly source: string;
  /** Names in order of appearance; a name may come twice, then the last one gives the value. */
  readonly variables: readonly string[];
  /** The path is the part of a URL before `?`. */
  matches(path: string): boolean;
  /** Undefined when the path does not match. */
  parse(path: string): Readonly<Record<string, string>> | undefined;
  /** `_` for every variable: what near misses are measured with. */
  readonly withoutVariables: string;
}

export function compilePathTemplate(source: string): PathTemplate {
  const tokens = tokenize(source);
  const variables = tokens.flatMap((token) => (token.kind === "static" ? [] : [token.name]));
  return {
    source,
    variables,
    withoutVariables: source.replace(special, "_"),
    matches: (path) => matchTokens(tokens, path) !== undefined,
    parse: (path) => {
      const values = matchTokens(tokens, path);
      return values && Object.fromEntries(values.map((value, index) => [variables[index] ?? "", value]));
    },
  };
}

export function pathTemplateVariables(source: string): readonly string[] {
  return tokenize(source).flatMap((token) => (token.kind === "static" ? [] : [token.name]));
}

/** The template as whole segments between slashes, when every variable takes exactly one of them: what an index can be made of. */
export function pathTemplateSegments(source: string): readonly (string | undefined)[] | undefined {
  if (!source.startsWith("/")) return undefined;
  const segments = source.slice(1).split("/");
  if (segments.length > maxIndexedSegments) return undefined;
  const simple = segments.every((segment) => isVariable(segment) || !hasSpecial(segment));
  // A variable's name may hold a slash, and is then cut by the split.
  const whole = segments.filter(isVariable).length === pathTemplateVariables(source).length;
  return simple && whole ? segments.map((segment) => (isVariable(segment) ? undefined : segment)) : undefined;
}

const maxIndexedSegments = 64;

/** What every matching path begins with. */
export function pathTemplatePrefix(source: string): string {
  const first = tokenize(source)[0];
  return first?.kind === "static" ? first.text : "";
}

type Token =
  | { readonly kind: "static"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "wildcard"; readonly name: string };

const special = /\{([^}]+)\}|\*\*/g;

function hasSpecial(segment: string): boolean {
  return segment.search(special) >= 0;
}

function isVariable(segment: string): boolean {
  return /^\{[^}/]+\}$/.test(segment);
}

function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let last = 0;
  let wildcards = 0;
  for (const match of source.matchAll(special)) {
    if (match.index > last) tokens.push({ kind: "static", text: source.slice(last, match.index) });
    const name = match[1];
    if (name === undefined) tokens.push({ kind: "wildcard", name: String(wildcards++) });
    else tokens.push({ kind: "variable", name: name.replace(/[.;*]/g, "") });
    last = match.index + match[0].length;
  }
  if (last < source.length) tokens.push({ kind: "static", text: source.slice(last) });
  return tokens;
}

/** Of tries at one path: templates with several variables side by side could ask for very many on a long path. */
const maxSteps = 200_000;

/** The values of the variables in order. Tries as a backtracking regular expression would, so that the same split is found. */
function matchTokens(tokens: readonly Token[], path: string): readonly string[] | undefined {
  const values: string[] = [];
  let steps = 0;

  function match(index: number, from: number): boolean {
    if (++steps > maxSteps) return false;
    const token = tokens[index];
    if (token === undefined) return from === path.length;
    if (token.kind === "static") return path.startsWith(token.text, from) && match(index + 1, from + token.text.length);
    return token.kind === "variable" ? matchVariable(index, from) : matchWildcard(index, from);
  }

  function matchVariable(index: number, from: number): boolean {
    const slash = path.indexOf("/", from);
    const end = slash === -1 ? path.length : slash;
    for (let to = end; to > from; to--) if (take(index, from, to)) return true;
    return false;
  }

  function matchWildcard(index: number, from: number): boolean {
    if (index === tokens.length - 1) return take(index, from, path.length);
    for (let to = from; to <= path.length; to++) if (take(index, from, to)) return true;
    return false;
  }

  function take(index: number, from: number, to: number): boolean {
    values.push(path.slice(from, to));
    if (match(index + 1, to)) return true;
    values.pop();
    return false;
  }

  return match(0, 0) ? values : undefined;
}
