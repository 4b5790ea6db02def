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
  if (!text.includes("{name}") || text.startsWith("/") || text.split("/").includes(".."))
    throw new Problem({
      code: "import-pattern",
      message: `${option} has to be a path below the folder with {name} in it, got "${text}"`,
      fix: `write what differs from exercise to exercise as {name}: ${option} 'src/{name}.py'`,
      exit: "configuration",
    });
  let named = false;
  const parts = text.split(/(\{name\}|\*\*\/|\*\*|\*)/).map((part) => {
    if (part === "{name}") {
      const again = named;
      named = true;
      return again ? "\\k<name>" : "(?<name>[^/]+?)";
    }
    if (part === "**/") return "((?:[^/]+/)*)";
    if (part === "**") return "(.*)";
    return part === "*" ? "([^/]*)" : part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  const expression = new RegExp(`^${parts.join("")}$`);
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

/** Small letters and digits, joined by -. */
export function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
