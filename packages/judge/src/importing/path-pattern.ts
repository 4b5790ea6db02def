import { Problem } from "@dojang/model";

/** A pattern of paths: `{name}` is the exercise's name, `*` anything within a folder, `**` any folders. */
export interface PathPattern {
  readonly text: string;
  match(path: string): PathMatch | undefined;
}

export interface PathMatch {
  readonly name: string;
  /** What the stars stood for. */
  readonly rest: string;
}

export function parsePattern(text: string, option: string): PathPattern {
  if (!text.includes("{name}") || !isBelow(text))
    throw new Problem({
      code: "import-pattern",
      message: `${option} has to be a path below the folder with {name} in it, got "${text}"`,
      fix: `write what differs from exercise to exercise as {name}: ${option} 'src/{name}.py'`,
      exit: "configuration",
    });
  const expression = expressionOf(text);
  return {
    text,
    match(path) {
      const found = expression.exec(path);
      const name = found?.groups?.name;
      if (found === null || name === undefined) return undefined;
      return {
        name,
        rest: found
          .slice(1)
          .filter((part) => part !== name && part !== undefined)
          .join("-"),
      };
    },
  };
}

/** A pattern in which `{name}` may be missing: then it means the same files for every exercise. */
export interface PathFilter {
  readonly text: string;
  /** Of any exercise when no name is given. */
  of(name?: string): (path: string) => boolean;
}

export function parseFilter(text: string, option: string): PathFilter {
  if (text === "" || !isBelow(text))
    throw new Problem({
      code: "import-pattern",
      message: `${option} has to be a path below the folder, got "${text}"`,
      fix: `write it as it lies there, with {name} where it is of one exercise: ${option} 'data/{name}.json'`,
      exit: "configuration",
    });
  return {
    text,
    of(name) {
      const expression = expressionOf(text, name);
      return (path) => expression.test(path);
    },
  };
}

const isBelow = (text: string) => !text.startsWith("/") && !text.split("/").includes("..");

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

function expressionOf(text: string, name?: string): RegExp {
  let named = false;
  const parts = text.split(/(\{name\}|\*\*\/|\*\*|\*)/).map((part) => {
    if (part === "{name}") {
      if (name !== undefined) return literal(name);
      const again = named;
      named = true;
      return again ? "\\k<name>" : "(?<name>[^/]+?)";
    }
    if (part === "**/") return "((?:[^/]+/)*)";
    if (part === "**") return "(.*)";
    return part === "*" ? "([^/]*)" : literal(part);
  });
  return new RegExp(`^${parts.join("")}$`);
}

/** Small letters and digits, joined by -. */
export function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
