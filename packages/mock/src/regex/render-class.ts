import { type CodePoints, EVERY, LAST_CODE_POINT, single } from "./code-points.ts";

/** How an engine writes the code point of a number. */
export type WritePoint = (point: number) => string;

/** A set as a character class both engines read, apart from how they write a code point. */
export function renderClass(set: CodePoints, write: WritePoint): string {
  const only = single(set);
  if (only !== undefined) return renderPoint(only, write);
  if (set.length === 0) return `[^${write(0)}-${write(LAST_CODE_POINT)}]`;
  if (set.length === 2 && set[0] === EVERY[0] && set[1] === EVERY[1]) return `[${write(0)}-${write(LAST_CODE_POINT)}]`;
  let members = "";
  for (let i = 0; i + 1 < set.length; i += 2) {
    const from = set[i] ?? 0;
    const to = set[i + 1] ?? 0;
    members += from === to ? renderPoint(from, write) : `${renderPoint(from, write)}-${renderPoint(to, write)}`;
  }
  return `[${members}]`;
}

function renderPoint(point: number, write: WritePoint): string {
  const letterOrDigit = (point >= 0x30 && point <= 0x39) || (point >= 0x41 && point <= 0x5a) || (point >= 0x61 && point <= 0x7a);
  return letterOrDigit ? String.fromCodePoint(point) : write(point);
}
