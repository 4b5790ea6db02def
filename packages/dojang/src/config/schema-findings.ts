import type { Finding } from "@dojang/model";
import type { z } from "zod";
import { describeIssue } from "./describe-issue.ts";
import { type KeyPath, valueAt } from "./key-path.ts";
import type { YamlSource } from "./yaml-source.ts";

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
