/** Where a value stands in a file: `["jobs", "lint", "steps", 0, "run"]`. */
export type KeyPath = readonly (string | number)[];

/** `jobs.lint.steps[0].run`. Keys that could be misread are quoted. */
export function formatKeyPath(path: KeyPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z0-9_-]+$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** zod's paths may hold symbols by type; ours never do. */
export function toKeyPath(path: readonly PropertyKey[]): KeyPath {
  return path.map((part) => (typeof part === "number" ? part : String(part)));
}

/** The value at a path of plain data, or undefined. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}
