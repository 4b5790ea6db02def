import { fileURLToPath } from "node:url";

export interface ScriptPlace {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** Where in the script an error came from: the nearest frame of the module, else of another file that is none of ours or Node's. */
export function placeOf(error: unknown, module: string): ScriptPlace | undefined {
  if (!(error instanceof Error) || typeof error.stack !== "string") return undefined;
  const frames = [...error.stack.matchAll(/(?<![^\s(])(file:\/\/[^\s()]+?|\/[^\s():]+):(\d+)(?::(\d+))?(?![^\s)])/g)].map(
    ([, where = "", line, column]): ScriptPlace => ({
      file: fileOf(where),
      line: Number(line),
      ...(column === undefined ? {} : { column: Number(column) }),
    }),
  );
  return frames.find(({ file }) => file === module) ?? frames.find(({ file }) => !file.startsWith(ourFolder));
}

export function formatPlace({ file, line, column }: ScriptPlace): string {
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
}

export function fileOf(where: string): string {
  try {
    return where.startsWith("file:") ? fileURLToPath(where) : where;
  } catch {
    return where;
  }
}

const ourFolder = fileOf(new URL(".", import.meta.url).href).replace(/script[/\\]$/, "");
