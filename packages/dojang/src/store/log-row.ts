import type { LogRecord } from "@dojang/model";
import type { Selectable } from "kysely";
import type { LogRecordTable } from "./log-tables.ts";

const streams = ["stdout", "stderr", "system"] as const;
const levels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

export const dayMs = 86_400_000;

export function streamNumber(stream: LogRecord["stream"]): number {
  return streams.indexOf(stream);
}

export function levelNumber(level: LogRecord["level"]): number | null {
  return level === undefined ? null : levels.indexOf(level);
}

/** A row of log_record with the names of its source. */
export type LogRow = Selectable<LogRecordTable> & { readonly environment: string; readonly service: string };

export function toLogRecord(row: LogRow): LogRecord {
  return {
    environment: row.environment,
    service: row.service,
    sequence: row.sequence,
    at: row.at,
    stream: streams[row.stream] ?? "system",
    level: row.level === null ? undefined : levels[row.level],
    text: row.text,
    requestId: row.request_id?.replaceAll("-", ""),
  };
}

/** Order of time; records of one service stay in their own order. */
export function compareLogRecords(a: LogRecord, b: LogRecord): number {
  return a.at - b.at || a.service.localeCompare(b.service) || a.sequence - b.sequence;
}
