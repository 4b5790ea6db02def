/**
 * A path of a template as steps, by Handlebars.java's PathCompiler: `this.a`, `../a.b`, `list.[0]`, `@index`. Evaluation is in
 * `evaluation/scope.ts`.
 */
export type PathStep =
  | { readonly kind: "property"; readonly name: string }
  | { readonly kind: "index"; readonly index: number; readonly name: string }
  | { readonly kind: "data"; readonly name: string }
  /** `this` and `./` with more to come. */
  | { readonly kind: "this"; readonly name: string }
  /** `this`, `.` or `./` alone. */
  | { readonly kind: "thisAlone"; readonly name: string }
  /** `../` with more to come. */
  | { readonly kind: "parent" }
  /** `..` alone. */
  | { readonly kind: "parentAlone" };

export interface Path {
  readonly text: string;
  readonly steps: readonly PathStep[];
}

export function compilePath(text: string): Path {
  return { text, steps: stepsOf(text) };
}

const SEGMENT = /\[[^[\]]+\]|\.\.\/|[^./]+/g;
const INT = /^[+-]?\d{1,10}$/;

function stepsOf(text: string): PathStep[] {
  const steps: PathStep[] = [];
  let rest = text;
  for (;;) {
    if (rest.startsWith("../")) {
      steps.push({ kind: "parent" });
      rest = rest.slice(3);
    } else if (rest.startsWith("./") && rest !== "./") {
      steps.push({ kind: "this", name: "./" });
      rest = rest.slice(2);
    } else {
      break;
    }
  }
  if (rest === "this" || rest === "./" || rest === ".") return [...steps, { kind: "thisAlone", name: rest }];
  if (rest === "..") return [...steps, { kind: "parentAlone" }];
  let data = false;
  for (const [segment] of rest.matchAll(SEGMENT)) {
    if (segment === "this") steps.push({ kind: "this", name: segment });
    else if (segment === "../") steps.push({ kind: "parent" });
    else if (segment === "@") data = true;
    else if (segment.startsWith("@")) steps.push({ kind: "data", name: segment });
    else steps.push(namedStep(segment.startsWith("[") && segment.endsWith("]") ? segment.slice(1, -1) : segment, data));
  }
  return steps;
}

function namedStep(name: string, data: boolean): PathStep {
  const index = INT.test(name) ? Number(name) : Number.NaN;
  if (index <= 2 ** 31 - 1 && index >= -(2 ** 31)) return { kind: "index", index, name };
  return data ? { kind: "data", name: `@${name}` } : { kind: "property", name };
}

/** Steps taken alone decide where a look-up begins: local ones do not go up to outer scopes. */
export function isLocal(step: PathStep): boolean {
  return step.kind === "this" || step.kind === "thisAlone" || step.kind === "parent" || step.kind === "parentAlone";
}

/** As Handlebars.java prints the step. */
export function stepText(step: PathStep): string {
  switch (step.kind) {
    case "index":
      return `[${step.index}]`;
    case "parent":
      return "../";
    case "parentAlone":
      return "..";
    default:
      return step.name;
  }
}
