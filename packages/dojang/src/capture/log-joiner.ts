import { stripVTControlCharacters } from "node:util";
import type { LogRecord, RequestId } from "@dojang/model";
import type { OutputLine } from "@dojang/runtime";
import { continues, type Shape, shapeOf } from "./log-continuation.ts";
import { loggedRequestId, unstamp } from "./log-request-id.ts";

/**
 * Makes records of one service's raw lines: takes the preload's stamp off, joins what belongs together, finds level and request
 * id. Each stream is joined on its own, as both may be in the middle of a record at once. A record is given out when the next
 * one of its stream begins; `due` and `flush` give out what waits.
 */
export interface LogJoiner {
  push(line: OutputLine): LogRecord[];
  /** Records whose last line is older than the joining gap. `nowMs` is milliseconds since the epoch. */
  due(nowMs: number): LogRecord[];
  /** Everything that waits, as it is. */
  flush(): LogRecord[];
}

export interface LogJoinerOptions {
  readonly environment: string;
  readonly service: string;
  /** Sequence of the first record. */
  readonly firstSequence?: number;
}

/** A later line never joins: its record was given out, or could have been. */
const maxGapMs = 1000;
const maxLines = 1000;
const maxCharacters = 64 * 1024;

interface Waiting {
  readonly sequence: number;
  readonly at: number;
  readonly stream: OutputLine["stream"];
  readonly lines: string[];
  readonly stamped: RequestId | undefined;
  characters: number;
  /** Blank lines only count when more of the record comes after them. */
  blanks: number;
  lastAt: number;
  shape: Shape;
}

export function createLogJoiner({ environment, service, firstSequence = 1 }: LogJoinerOptions): LogJoiner {
  const waiting = new Map<OutputLine["stream"], Waiting>();
  let sequence = firstSequence;

  const finish = (record: Waiting): LogRecord => {
    const text = record.lines.length === 1 ? (record.lines[0] ?? "") : record.lines.join("\n");
    const requestId = record.stamped ?? loggedRequestId(text);
    return {
      environment,
      service,
      sequence: record.sequence,
      at: record.at,
      stream: record.stream,
      text,
      ...(record.shape.level === undefined ? {} : { level: record.shape.level }),
      ...(requestId === undefined ? {} : { requestId }),
    };
  };
  const take = (wanted: (record: Waiting) => boolean): LogRecord[] => {
    const taken = [...waiting.values()].filter(wanted).sort((a, b) => a.sequence - b.sequence);
    for (const record of taken) waiting.delete(record.stream);
    return taken.map(finish);
  };

  return {
    push(line) {
      const { text, requestId } = unstamp(storable(line.text));
      const plain = text.includes("\u001b") ? stripVTControlCharacters(text) : text;
      const open = waiting.get(line.stream);
      const given: LogRecord[] = [];
      if (open !== undefined) {
        if (join(open, { line, text, plain, requestId })) return given;
        waiting.delete(line.stream);
        given.push(finish(open));
      }
      if (plain.trim() === "") return given;
      waiting.set(line.stream, {
        sequence: sequence++,
        at: line.at,
        stream: line.stream,
        lines: [text],
        stamped: requestId,
        characters: text.length,
        blanks: 0,
        lastAt: line.at,
        shape: shapeOf(plain),
      });
      return given;
    },
    due: (nowMs) => take((record) => nowMs - record.lastAt > maxGapMs),
    flush: () => take(() => true),
  };
}

/** True when the line became part of the record. */
function join(record: Waiting, next: { line: OutputLine; text: string; plain: string; requestId: RequestId | undefined }): boolean {
  const { line, text, plain, requestId } = next;
  if (line.at - record.lastAt > maxGapMs || record.lines.length >= maxLines || record.characters + text.length > maxCharacters)
    return false;
  if (plain.trim() === "") {
    record.blanks++;
    return true;
  }
  // Two requests at once write one line each; neither belongs to the other's record.
  if (requestId !== undefined && record.stamped !== undefined && requestId !== record.stamped) return false;
  const shape = continues(record.shape, plain);
  if (shape === undefined) return false;
  for (; record.blanks > 0; record.blanks--) record.lines.push("");
  record.lines.push(text);
  record.characters += text.length;
  record.lastAt = line.at;
  record.shape = shape;
  return true;
}

/** PostgreSQL's text has no NUL, and a single line may not be larger than a record. */
function storable(text: string): string {
  const short = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}… (${text.length - maxCharacters} more characters)` : text;
  return short.includes("\0") ? short.replaceAll("\0", "\uFFFD") : short;
}
