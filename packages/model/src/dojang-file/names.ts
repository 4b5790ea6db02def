import { z } from "zod";

/** Names of jobs, services, environments: what can stand in a label, a file name and a log line. */
export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, { error: "must be a name of letters, digits, '.', '_' and '-', at most 63 characters" });

/** An environment variable's name. */
export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "must be a variable's name: letters, digits and '_', not beginning with a digit" });

export const scalarText = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be text, a number or a boolean" })
  .transform((value) => String(value));

/** Variables of a step, job or service. Numbers and booleans are read as their text. */
export const variables = z.record(variableName, scalarText);

/** A path inside the project. Absolute paths and `..` are refused: a job reads and writes its own checkout only. */
export const projectPath = z
  .string()
  .min(1, { error: "must not be empty" })
  .max(1024, { error: "must be at most 1024 characters" })
  .superRefine((path, context) => {
    const wrong = wrongPath(path);
    if (wrong !== undefined)
      context.addIssue({
        code: "custom",
        message: `${wrong}, got "${path}"`,
        params: { fix: "write a path relative to the project's folder" },
      });
  });

function wrongPath(path: string): string | undefined {
  if (path.startsWith("/") || path.startsWith("~") || /^[A-Za-z]:[\\/]/.test(path)) return "must not be absolute";
  if (path.split(/[\\/]/).includes("..")) return "must not leave the project";
  return path.includes("\0") ? "must not have a zero byte" : undefined;
}

/** One or several paths or globs; always a list once read. */
export const projectPaths = oneOrMore(projectPath);

/** `a` or `[a, b]`; always a list once read. */
export function oneOrMore<T extends z.ZodType>(item: T) {
  return (
    z
      .union([item, z.array(item).min(1, { error: "must not be an empty list" }).max(100)])
      // A union of T and T[] is one of both; zod cannot tell them apart once T itself may be a list, which no caller passes.
      .transform((value) => (Array.isArray(value) ? value : [value]) as z.output<T>[])
  );
}

export const host = z.string().regex(/^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/, {
  error: "must be a host name, optionally with a port; `*.example.org` matches subdomains",
});

export const port = z.number().int().min(1).max(65535).meta({ kind: "port" });
