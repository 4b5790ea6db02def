import type { Notice, ValueMatcher } from "../matcher.ts";

/** Of asking an inner matcher about all that an expression found: a million nodes times a slow pattern is not waited for. */
const TIME_LIMIT_MS = 1000;

/** Whether an inner matcher matches any of what an expression found. What it noticed is passed on when it matches none. */
export function matchesAny(matcher: ValueMatcher, parts: readonly (string | undefined)[], notice: Notice | undefined): boolean {
  const noticed: [string, Readonly<Record<string, unknown>>][] = [];
  const collect: Notice | undefined = notice && ((type, data) => noticed.push([type, data]));
  const end = performance.now() + TIME_LIMIT_MS;
  for (const part of parts) {
    if (matcher.matches(part, collect)) return true;
    if (performance.now() > end) {
      collect?.("WARNING", { message: `Gave up after ${TIME_LIMIT_MS} ms of comparing ${parts.length} values` });
      break;
    }
  }
  for (const [type, data] of noticed) notice?.(type, data);
  return false;
}

/** The least distance of any part; 1 without parts. Parts that time does not suffice for are left out. */
export function leastDistance(matcher: ValueMatcher, parts: readonly (string | undefined)[]): number {
  const end = performance.now() + TIME_LIMIT_MS;
  let least = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    least = Math.min(least, matcher.distance(part));
    if (least === 0 || performance.now() > end) break;
  }
  return parts.length === 0 ? 1 : least;
}
