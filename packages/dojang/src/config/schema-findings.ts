import { type Finding, nameAdvice, nearestName } from "@dojang/model";
import type { z } from "zod";
import { type KeyPath, toKeyPath, valueAt } from "./key-path.ts";
import { knownKeysAt } from "./known-keys.ts";
import type { YamlSource } from "./yaml-source.ts";

interface Said {
  readonly path: KeyPath;
  readonly key?: boolean;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

interface ParseOptions {
  readonly source: YamlSource;
  readonly data: unknown;
  /** Values put in the place of top-level keys that the schema cannot do without, once they were found wrong. */
  readonly fallbacks?: Readonly<Record<string, unknown>>;
}

export interface Parsed<T> {
  /** What could be read; absent when nothing could. */
  readonly value: T | undefined;
  readonly findings: readonly Finding[];
  /** Key paths left out of `value` because they are wrong: what depends on them is not judged a second time. */
  readonly pruned: readonly KeyPath[];
}

const mostRounds = 12;

/**
 * Parses data read from a file. Every wrong place is a finding; the wrong places are then left out and the rest is parsed
 * again, so that the checks that follow the schema still see everything that is right.
 */
export function parseWithSchema<S extends z.ZodType>(schema: S, { source, data, fallbacks = {} }: ParseOptions): Parsed<z.output<S>> {
  const findings: Finding[] = [];
  const pruned: KeyPath[] = [];
  let root = structuredClone(data);
  for (let round = 0; round < mostRounds; round++) {
    const result = schema.safeParse(root);
    if (result.success) return { value: result.data, findings, pruned };
    const said = result.error.issues.flatMap((issue) => describeIssue(issue, { schema, root, base: [] }));
    const leftOut: KeyPath[] = [];
    for (const one of said) {
      const written = asWritten(one.path, pruned);
      // A mapping that misses what was left out of it in an earlier round is no new finding.
      if (!pruned.some((path) => isWithin(path, written))) {
        findings.push({
          severity: "error",
          code: one.code,
          place: source.place(written, { key: one.key ?? false }),
          message: one.message,
          fix: one.fix,
        });
      }
      if (leftOut.some((path) => isWithin(one.path, path))) continue;
      const gone = leaveOut(root, { path: one.path, fallbacks });
      if (gone !== undefined) leftOut.push(gone);
    }
    // Nothing could be left out: the file as a whole is of the wrong kind.
    if (leftOut.length === 0) break;
    pruned.push(...leftOut.map((path) => asWritten(path, pruned)));
    root = withoutHoles(root);
  }
  return { value: undefined, findings, pruned };
}

/** Whether `inner` is `outer` or lies within it. */
export function isWithin(inner: KeyPath, outer: KeyPath): boolean {
  return outer.length <= inner.length && outer.every((part, index) => part === inner[index]);
}

/**
 * Whether something that a check of `path` may depend on was left out: a key of the same named thing (`jobs.unit.reports`), or
 * of the same list item. A list item that went as a whole changes nothing for the others.
 */
export function judgedLater(path: KeyPath, pruned: readonly KeyPath[]): boolean {
  return pruned.some((gone) => {
    if (typeof gone.at(-1) === "number") return false;
    const item = gone.findLastIndex((part) => typeof part === "number");
    return item === -1 ? isWithin(gone, path.slice(0, 2)) : isWithin(path, gone.slice(0, item + 1));
  });
}

/** A path of what is left, as it stands in the file: list items that were left out count again. */
export function asWritten(path: KeyPath, pruned: readonly KeyPath[]): KeyPath {
  const written: (string | number)[] = [];
  for (const part of path) {
    if (typeof part === "string") written.push(part);
    else {
      const gone = pruned.filter((one) => one.length === written.length + 1 && isWithin(one, written)).map((one) => one.at(-1));
      let index = part;
      for (const one of gone.filter((each) => typeof each === "number").sort((a, b) => a - b)) if (one <= index) index++;
      written.push(index);
    }
  }
  return written;
}

const hole = Symbol("left out");

/** Takes out a wrong value, or the mapping that misses one. Returns what was taken out; undefined when that would be the whole file. */
function leaveOut(
  root: unknown,
  { path, fallbacks }: { path: KeyPath; fallbacks: Readonly<Record<string, unknown>> },
): KeyPath | undefined {
  const first = path[0] ?? "";
  if (path.length === 1 && typeof root === "object" && root !== null && Object.hasOwn(fallbacks, first)) {
    Reflect.set(root, first, fallbacks[first]);
    return path;
  }
  for (let length = path.length; length > 0; length--) {
    const parent = valueAt(root, path.slice(0, length - 1));
    const key = path[length - 1] ?? "";
    if (typeof parent !== "object" || parent === null || !Object.hasOwn(parent, key)) continue;
    // Indexes of this round's other findings must keep their meaning, so items go after the round.
    if (Array.isArray(parent)) Reflect.set(parent, key, hole);
    else Reflect.deleteProperty(parent, key);
    return path.slice(0, length);
  }
  return undefined;
}

function withoutHoles(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== hole).map(withoutHoles);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutHoles(inner)]));
}

type Issue = z.core.$ZodIssue;
interface Where {
  readonly schema: z.ZodType;
  readonly root: unknown;
  readonly base: KeyPath;
}

function describeIssue(issue: Issue, where: Where): Said[] {
  const path = [...where.base, ...toKeyPath(issue.path)];
  const seen = valueAt(where.root, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey([...path, key], where));
    case "invalid_union":
      return describeUnion(issue, where, path);
    case "invalid_key":
      return [
        {
          path,
          key: true,
          code: "invalid-name",
          message: `the name "${String(path.at(-1))}" ${trim(issue.issues[0]?.message ?? "is not allowed")}`,
          fix: "rename it",
        },
      ];
    case "invalid_value":
      return [notOneOf(path, issue.values, seen)];
    case "invalid_type":
      return [wrongType(path, issue, seen)];
    default:
      return [
        {
          path,
          code: "invalid-value",
          message: withSeen(trim(issue.message), seen),
          fix: fixOf(issue) ?? "write a value that is allowed here",
        },
      ];
  }
}

function unknownKey(path: KeyPath, { schema, root }: Where): Said {
  const key = String(path.at(-1));
  const known = knownKeysAt(schema, { path: path.slice(0, -1), root });
  return { path, key: true, code: "unknown-key", message: `unknown key "${key}"`, fix: nameAdvice(key, known, "keys") };
}

/** Of a union the member that fits best speaks: the one whose own type matches and that has the fewest complaints. */
function describeUnion(issue: Extract<Issue, { code: "invalid_union" }>, where: Where, path: KeyPath): Said[] {
  const seen = valueAt(where.root, path);
  if (issue.errors.length === 0) {
    const options = "options" in issue && Array.isArray(issue.options) ? issue.options.filter((option) => option !== undefined) : [];
    return [notOneOf(path, options, seen)];
  }
  const fitting = issue.errors
    .filter(
      (issues) => !issues.some((inner) => inner.path.length === 0 && (inner.code === "invalid_type" || inner.code === "invalid_value")),
    )
    .sort((a, b) => complaints(a) - complaints(b));
  const best = fitting[0];
  const unknown = keysOfNoMember(fitting);
  if (unknown.length > 0) return unknown.map((key) => unknownKey([...path, key], where));
  const clear = best !== undefined && (fitting[1] === undefined || complaints(best) < complaints(fitting[1]));
  if (best !== undefined && clear) return best.flatMap((inner) => describeIssue(inner, { ...where, base: path }));
  const said = issue.message === "Invalid input" ? `must be ${expectedTypes(issue.errors)}` : trim(issue.message);
  if (seen === undefined) return [missing(path, said)];
  return [
    {
      path,
      code: "invalid-value",
      message: withSeen(said, seen),
      fix: "write it in that form",
    },
  ];
}

/** `text or a list`: what the members of a union take, by their complaints. */
function expectedTypes(members: readonly (readonly Issue[])[]): string {
  const expected = members.flatMap((issues) =>
    issues.flatMap((issue) =>
      issue.code === "invalid_type" && issue.path.length === 0 ? [typeNames[issue.expected] ?? issue.expected] : [],
    ),
  );
  return [...new Set(expected)].join(" or ") || "written otherwise";
}

/** Keys that no member of a union knows, when each member also misses one: the name of a member is misspelt. */
function keysOfNoMember(members: readonly (readonly Issue[])[]): string[] {
  const unknown = members.map((issues) =>
    issues.flatMap((issue) => (issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [])),
  );
  const eachMisses = members.every((issues) => issues.some((issue) => issue.path.length === 1 && issue.code === "invalid_type"));
  return eachMisses ? (unknown[0] ?? []).filter((key) => unknown.every((keys) => keys.includes(key))) : [];
}

function complaints(issues: readonly Issue[]): number {
  // A missing key that names the member (`sql`, `http`) weighs most: it means that another member was meant.
  return issues.reduce(
    (sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : issue.code === "invalid_type" ? 3 : 1),
    0,
  );
}

function notOneOf(path: KeyPath, values: readonly unknown[], seen: unknown): Said {
  const words = values.map(String);
  const near = typeof seen === "string" ? nearestName(seen, words) : undefined;
  const fix =
    near === undefined
      ? `write ${words.length === 1 ? "" : "one of "}${words.join(", ")}`
      : `did you mean "${near}"? allowed: ${words.join(", ")}`;
  if (seen === undefined) return { ...missing(path, "is missing"), fix };
  return { path, code: "invalid-value", message: `${show(seen)} is not allowed here`, fix };
}

function wrongType(path: KeyPath, issue: Extract<Issue, { code: "invalid_type" }>, seen: unknown): Said {
  if (seen === undefined) return missing(path, "is missing");
  const custom = issue.message.startsWith("Invalid input") ? undefined : trim(issue.message);
  const expected = typeNames[issue.expected] ?? issue.expected;
  const message = withSeen(custom ?? `must be ${expected}`, seen);
  const quote = issue.expected === "string" && typeof seen !== "object";
  return {
    path,
    code: "wrong-type",
    message,
    fix:
      fixOf(issue) ??
      (custom?.includes("such as") ? "write it with its unit" : quote ? `quote it: "${String(seen)}"` : `write ${expected}`),
  };
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a mapping (key: value)",
  record: "a mapping (key: value)",
  array: "a list",
  tuple: "a list",
  null: "empty",
};

function missing(path: KeyPath, message: string): Said {
  const key = String(path.at(-1) ?? "");
  const said = message.startsWith("must be") ? `"${key}" is missing; it ${message}` : `"${key}" ${message}`;
  return { path, code: "missing-key", message: said, fix: `add \`${key}:\`` };
}

function fixOf(issue: Issue): string | undefined {
  const params = "params" in issue ? issue.params : undefined;
  return typeof params?.fix === "string" ? params.fix : undefined;
}

function trim(message: string): string {
  return message.replace(/^Invalid input: /, "").replace(/^Too (big|small): /, "");
}

function withSeen(message: string, seen: unknown): string {
  return message.includes(", got ") ? message : `${message}, got ${show(seen)}`;
}

function show(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a mapping";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
