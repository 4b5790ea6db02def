import { type LogLevel, levelOf } from "./log-level.ts";

/**
 * What the lines so far say about the next one. A record ends when a line comes that does not continue it; which lines do is
 * known for the formats below, and for none other: to join too much hides records, to join too little only splits them.
 */
export interface Shape {
  readonly level: LogLevel | undefined;
  /** python: inside a traceback whose exception line has not come; rust: a panic whose message has not. `-over`: it has come. */
  readonly block: "none" | "python" | "python-over" | "go" | "rust" | "rust-over" | "node-crash";
  /** The last line opened a bracket at its end, as pretty-printed JSON and Node's inspected errors do. */
  readonly open: boolean;
  /** PostgreSQL's process, whose DETAIL, HINT and STATEMENT lines belong to the message before. */
  readonly postgres: string | undefined;
}

const pgLine = /^.{0,80}?\[(\d+)\][^:]{0,80}?(?:DEBUG\d|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC): {2}/;
const pgMore = /^.{0,80}?\[(\d+)\][^:]{0,80}?(?:DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION|BACKTRACE): {2}/;
const traceback = /^Traceback \(most recent call last\):/;
const causes =
  /^(?:Caused by: |Suppressed: |\.\.\. \d+ (?:more|common frames)|at .+[:(]\S*\d|#\d+ |During handling of the above exception|The above exception was the direct cause)/;
/** `java.lang.IllegalStateException: why`: the stack of a message that a Java logger wrote on the line before. */
const qualifiedException = /^(?:[a-z][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error)\b(?::|$)/;
const opensBlock = /[{[(]$/;
const closesBlock = /^[\]})]+[,;]?$/;

export function shapeOf(line: string): Shape {
  const level = levelOf(line);
  const pg = line.includes(":  ") ? pgLine.exec(line)?.[1] : undefined;
  return { level, block: blockOf(line), open: opensBlock.test(line), postgres: pg };
}

/** The shape after `line`, or undefined when `line` begins a record of its own. Blank lines are the caller's matter. */
export function continues(shape: Shape, line: string): Shape | undefined {
  const indented = line.charCodeAt(0) === 0x20 || line.charCodeAt(0) === 0x09;
  const open = opensBlock.test(line);
  if (indented) return { ...shape, open: shape.open || open };
  if (shape.open && closesBlock.test(line)) return { ...shape, open: false };
  if (shape.postgres !== undefined && line.includes(":  ") && pgMore.exec(line)?.[1] === shape.postgres) return shape;
  if (causes.test(line)) return { ...shape, open, block: shape.block === "python-over" ? "python" : shape.block };
  return continuesBlock(shape, line);
}

function continuesBlock(shape: Shape, line: string): Shape | undefined {
  switch (shape.block) {
    case "python":
      return { ...shape, block: traceback.test(line) ? "python" : "python-over" };
    case "go":
      return /^(?:goroutine \d+|[\w./*()-]+\(.*\)$|created by |exit status|\[signal)/.test(line) ? shape : undefined;
    case "rust":
      return { ...shape, block: "rust-over" };
    case "rust-over":
      return /^note: |^stack backtrace:/.test(line) ? shape : undefined;
    case "node-crash":
      return /^[\w$.]*(?:Error|Exception)\b|^Node\.js v\d/.test(line) ? { ...shape, level: "fatal" } : undefined;
    default:
      // A logged exception: message first, traceback after it.
      if (shape.level === undefined || ["trace", "debug", "info"].includes(shape.level)) return undefined;
      if (traceback.test(line)) return { ...shape, block: "python" };
      return qualifiedException.test(line) ? shape : undefined;
  }
}

function blockOf(line: string): Shape["block"] {
  if (traceback.test(line)) return "python";
  if (/^(?:panic: |fatal error: |goroutine \d+ \[)/.test(line)) return "go";
  if (/^thread '.*' (?:\(\d+\) )?panicked at /.test(line)) return "rust";
  // `/app/server.js:12` alone on a line is how Node introduces an uncaught exception.
  return /^(?:node:|file:\/\/|\/)\S+:\d+$/.test(line) ? "node-crash" : "none";
}
