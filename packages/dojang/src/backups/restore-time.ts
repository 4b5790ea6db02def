import { Problem } from "@dojang/model";

export interface RestoreTime {
  readonly at: number;
  /** "2026-11-21 20:15:03 in Asia/Seoul (UTC+09:00), that is 2026-11-21 11:15:03 UTC": said before anything is restored. */
  readonly said: string;
}

const written = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i;

/**
 * `2026-11-21 20:15:03` is a time of the given zone (this machine's unless said); one with an offset or Z is that. A time that a zone
 * has twice or never, when clocks are changed, is refused: which of the two was meant decides what data comes back.
 */
export function parseRestoreTime(text: string, { timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone } = {}): RestoreTime {
  const match = written.exec(text.trim());
  if (match === null) throw refused(text, "it is no time such as 2026-11-21 20:15:03");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, Number((match[7] ?? "0").padEnd(3, "0")));
  const exists = new Date(wall).toISOString().startsWith(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}`);
  if (!exists) throw refused(text, "there is no such day or time");
  const given = match[8];
  if (given !== undefined) {
    const at = wall - offsetOf(given);
    return { at, said: `${text.trim()}, that is ${utcText(at)}` };
  }
  const candidates = [...new Set([wall - zoneOffset(wall - dayMs, timeZone), wall - zoneOffset(wall + dayMs, timeZone)])];
  const matching = candidates.filter((at) => at + zoneOffset(at, timeZone) === wall);
  const [at] = matching;
  if (at === undefined) throw refused(text, `clocks of ${timeZone} were set forward over it`);
  if (matching.length > 1) throw refused(text, `${timeZone} had it twice: ${matching.map(utcText).join(" and ")}`);
  return { at, said: `${text.trim()} in ${timeZone} (UTC${offsetText(zoneOffset(at, timeZone))}), that is ${utcText(at)}` };
}

const dayMs = 24 * 60 * 60_000;

function offsetOf(text: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(text);
  if (match === null) return 0;
  return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000;
}

/** How far the zone's clocks were ahead of UTC at a moment. */
function zoneOffset(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", { ...fields, timeZone }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return wall - Math.floor(at / 1000) * 1000;
}

const fields: Intl.DateTimeFormatOptions = {
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
};

function offsetText(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

function utcText(at: number): string {
  return `${new Date(at)
    .toISOString()
    .replace("T", " ")
    .replace(/\.000Z$|Z$/, "")} UTC`;
}

function refused(text: string, why: string): Problem {
  return new Problem({
    code: "restore-time-malformed",
    exit: "configuration",
    message: `${JSON.stringify(text)} cannot be restored to: ${why}`,
    fix: "write it with its offset, such as 2026-11-21T20:15:03+09:00, or in UTC with Z at its end",
  });
}
