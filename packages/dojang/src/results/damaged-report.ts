import { Problem } from "@dojang/model";

/** Thrown by a format's reader, which knows where it stumbled but not the file's name. */
export class DamagedReport extends Error {
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(message: string, position: { readonly line?: number; readonly column?: number } = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = "DamagedReport";
    this.line = position.line;
    this.column = position.column;
  }
}

export function unreadableReport(options: { path: string; what: string; fix: string; cause?: unknown }): Problem {
  const { line, column } = options.cause instanceof DamagedReport ? options.cause : {};
  const position = line === undefined ? "" : ` at line ${line}${column === undefined ? "" : `, column ${column}`}`;
  return new Problem({
    code: "report-unreadable",
    message: `${options.path}: ${options.what}${position}`,
    fix: options.fix,
    exit: "configuration",
    place: { file: options.path, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) },
    cause: options.cause,
  });
}
