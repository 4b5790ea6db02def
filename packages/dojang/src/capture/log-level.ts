import type { LogRecord } from "@dojang/model";

export type LogLevel = NonNullable<LogRecord["level"]>;

const byName: Readonly<Record<string, LogLevel>> = {
  trace: "trace",
  verbose: "debug",
  debug: "debug",
  info: "info",
  information: "info",
  log: "info",
  note: "info",
  notice: "info",
  system: "info",
  statement: "info",
  detail: "info",
  hint: "info",
  warn: "warn",
  warning: "warn",
  err: "error",
  error: "error",
  severe: "error",
  crit: "fatal",
  critical: "fatal",
  alert: "fatal",
  emerg: "fatal",
  fatal: "fatal",
  panic: "fatal",
};

/** redis-server: `1:M 21 Nov 2026 03:21:25.582 * Ready to accept connections`. */
const redis = /^\d+:[A-Z] \d\d \w{3} \d{4} [\d:.]+ ([.\-*#]) /;
const redisLevels: Readonly<Record<string, LogLevel>> = { ".": "debug", "-": "debug", "*": "info", "#": "warn" };

const jsonLevel = /"(?:level|severity|lvl|levelname|log\.level|@l)"\s*:\s*(?:"(\w+)"|(\d+))/i;
const logfmtLevel = /(?:^|\s)(?:level|lvl|severity)="?([a-z]+)/i;
/** Two blanks after the colon are PostgreSQL's own: `2026-11-21 03:21:25.582 UTC [73] ERROR:  relation "x" does not exist`. */
const postgres = /(?:^|\] |\s)(DEBUG|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|STATEMENT|DETAIL|HINT)\d?: {2}/;
/** nginx `[error]`, MySQL `[Warning]`, and whoever else brackets its level. */
const bracketed = /\[\s*(trace|verbose|debug|info|note|notice|system|warn|warning|error|err|crit|critical|alert|emerg|fatal)\s*\]/i;
/** Spring, Flask, NestJS and most of the world: the word in capitals somewhere before the message. */
const capitals = /(?:^|[\s[(|])(TRACE|VERBOSE|DEBUG|INFO|NOTICE|LOG|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE|PANIC)(?=[\s\]):|]|$)/;
const prefix = /^(?:npm )?(trace|debug|info|notice|warn|warning|err|error|fatal|critical|panic)(?:!|\s*[:\]-])/i;
const thrown = /^(?:Uncaught |Unhandled )?(?:[\w$.]+\.)?[A-Z][\w$]*(?:Error|Exception)\b(?::|$| \[)|^Traceback \(most recent call last\)/;

/** The level a record's first line states, in the forms common servers and loggers use. */
export function levelOf(line: string): LogLevel | undefined {
  const first = line.charCodeAt(0);
  if (first === 0x7b /* { */) return jsonLevelOf(line);
  const head = line.length > 160 ? line.slice(0, 160) : line;
  if (first >= 0x30 && first <= 0x39) {
    const mark = redis.exec(head)?.[1];
    if (mark !== undefined) return redisLevels[mark];
  }
  const name =
    postgres.exec(head)?.[1] ??
    bracketed.exec(head)?.[1] ??
    capitals.exec(head)?.[1] ??
    prefix.exec(head)?.[1] ??
    (line.includes("=") ? logfmtLevel.exec(line)?.[1] : undefined);
  if (name !== undefined) return byName[name.toLowerCase()];
  if (thrown.test(head)) return "error";
  return head.startsWith("panic:") ? "fatal" : undefined;
}

function jsonLevelOf(line: string): LogLevel | undefined {
  const match = jsonLevel.exec(line);
  if (match === null) return undefined;
  if (match[1] !== undefined) return byName[match[1].toLowerCase()];
  // pino and bunyan count in tens.
  const number = Number(match[2]);
  if (number < 10 || number > 69) return undefined;
  return (["trace", "debug", "info", "warn", "error", "fatal"] as const)[Math.floor(number / 10) - 1];
}
