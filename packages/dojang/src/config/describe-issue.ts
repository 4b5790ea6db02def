import { nameAdvice, nearestName } from "@dojang/model";
import type { z } from "zod";
import { type KeyPath, toKeyPath, valueAt } from "./key-path.ts";
import { knownKeysAt } from "./known-keys.ts";

export interface DescribedIssue {
  readonly path: KeyPath;
  readonly key?: boolean;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

type Issue = z.core.$ZodIssue;
interface Where {
  readonly schema: z.ZodType;
  readonly root: unknown;
  readonly base: KeyPath;
}

/** What a schema's complaint says to people: one entry per place that is wrong. */
export function describeIssue(issue: Issue, where: Where): DescribedIssue[] {
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

function unknownKey(path: KeyPath, { schema, root }: Where): DescribedIssue {
  const key = String(path.at(-1));
  const known = knownKeysAt(schema, { path: path.slice(0, -1), root });
  return { path, key: true, code: "unknown-key", message: `unknown key "${key}"`, fix: nameAdvice(key, known, "keys") };
}

/** Of a union the member that fits best speaks: the one whose own type matches and that has the fewest complaints. */
function describeUnion(issue: Extract<Issue, { code: "invalid_union" }>, where: Where, path: KeyPath): DescribedIssue[] {
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

function notOneOf(path: KeyPath, values: readonly unknown[], seen: unknown): DescribedIssue {
  const words = values.map(String);
  const near = typeof seen === "string" ? nearestName(seen, words) : undefined;
  const fix =
    near === undefined
      ? `write ${words.length === 1 ? "" : "one of "}${words.join(", ")}`
      : `did you mean "${near}"? allowed: ${words.join(", ")}`;
  if (seen === undefined) return { ...missing(path, "is missing"), fix };
  return { path, code: "invalid-value", message: `${show(seen)} is not allowed here`, fix };
}

function wrongType(path: KeyPath, issue: Extract<Issue, { code: "invalid_type" }>, seen: unknown): DescribedIssue {
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

function missing(path: KeyPath, message: string): DescribedIssue {
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
