import { z } from "zod";

/** What the Node preload tells of its process, see preload/service/vitals.mjs. Read from a guest's output, so nothing of it is trusted. */
const finite = z.number();
const vitalsSchema = z.object({
  at: finite,
  pid: z.int(),
  loop: z.object({ utilization: finite, p50: finite.optional(), p99: finite.optional(), max: finite.optional() }),
  heap: z.object({ used: finite, size: finite, limit: finite, new: finite.optional(), old: finite.optional() }),
  external: finite.optional(),
  handles: finite.optional(),
  collections: z.array(z.object({ at: finite, ms: finite, kind: z.string().max(40) })).max(1000),
});

export type Vitals = z.output<typeof vitalsSchema>;

const pattern = /\u0001vitals\u0002([^\u0003]{0,100000})\u0003/;

export interface SplitLine {
  /** The line without vitals; undefined when nothing else was on it. */
  readonly text: string | undefined;
  readonly vitals: Vitals | undefined;
}

/** Takes vitals out of a line of output. What looks like them and is none stays a line of the log. */
export function splitVitals(line: string): SplitLine {
  if (!line.includes("\u0001vitals\u0002")) return { text: line, vitals: undefined };
  const found = pattern.exec(line);
  const vitals = found === null ? undefined : parse(found[1] ?? "");
  if (found === null || vitals === undefined) return { text: line, vitals: undefined };
  const rest = line.slice(0, found.index) + line.slice(found.index + found[0].length);
  return { text: rest === "" ? undefined : rest, vitals };
}

function parse(text: string): Vitals | undefined {
  try {
    const parsed = vitalsSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
