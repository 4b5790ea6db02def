/** Names of PostgreSQL's log segments: 8 hexadecimal digits each of timeline, log and segment. */
export interface WalName {
  readonly timeline: number;
  /** Counts on over logs: of two neighbours the second is one more. */
  readonly number: number;
}

const pattern = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/;

export function parseWalName(name: string, segmentBytes = defaultSegmentBytes): WalName | undefined {
  const match = pattern.exec(name);
  if (match === null) return undefined;
  const [timeline, log, segment] = match.slice(1).map((part) => Number.parseInt(part, 16));
  if (timeline === undefined || log === undefined || segment === undefined) return undefined;
  return { timeline, number: log * perLog(segmentBytes) + segment };
}

export function formatWalName({ timeline, number }: WalName, segmentBytes = defaultSegmentBytes): string {
  const log = Math.floor(number / perLog(segmentBytes));
  return [timeline, log, number % perLog(segmentBytes)].map((part) => part.toString(16).toUpperCase().padStart(8, "0")).join("");
}

export const defaultSegmentBytes = 16 * 1024 * 1024;

function perLog(segmentBytes: number): number {
  return 2 ** 32 / segmentBytes;
}

/** All from the first to the last, both included. */
export function walNamesBetween(from: string, to: string, segmentBytes = defaultSegmentBytes): readonly string[] {
  const [first, last] = [parseWalName(from, segmentBytes), parseWalName(to, segmentBytes)];
  if (first === undefined || last === undefined || first.timeline !== last.timeline || last.number < first.number) {
    throw new Error(`no segments lead from ${from} to ${to}`);
  }
  return Array.from({ length: last.number - first.number + 1 }, (_, index) =>
    formatWalName({ timeline: first.timeline, number: first.number + index }, segmentBytes),
  );
}
