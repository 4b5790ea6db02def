import { type CodePoints, range, union } from "./code-points.ts";

export type Folding = "none" | "ascii" | "unicode";

/** A set together with what differs from its members in case only. */
export function foldCase(set: CodePoints, folding: Folding): CodePoints {
  if (folding === "none") return set;
  return union(set, ...(folding === "ascii" ? asciiVariants(set) : unicodeVariants(set)));
}

function asciiVariants(set: CodePoints): CodePoints[] {
  const variants: CodePoints[] = [];
  for (let i = 0; i + 1 < set.length; i += 2) {
    const from = set[i] ?? 0;
    const to = set[i + 1] ?? 0;
    addShifted(variants, Math.max(from, 0x41), Math.min(to, 0x5a), 0x20);
    addShifted(variants, Math.max(from, 0x61), Math.min(to, 0x7a), -0x20);
  }
  return variants;
}

function addShifted(variants: CodePoints[], from: number, to: number, by: number): void {
  if (from <= to) variants.push(range(from + by, to + by));
}

/** Java compares the lower case of the upper case: `K`, `k` and the Kelvin sign are alike. */
function unicodeVariants(set: CodePoints): CodePoints[] {
  const folded = union(set, ...CASED.filter((point) => contains(set, point)).map((point) => range(folding(point))));
  return CASED.filter(
    (point) => contains(folded, point) || contains(folded, simple(point, "toUpperCase")) || contains(folded, folding(point)),
  ).map((point) => range(point));
}

function folding(point: number): number {
  return simple(simple(point, "toUpperCase"), "toLowerCase");
}

/** The mapping of one code point to one; itself where the full mapping is longer. */
function simple(point: number, method: "toUpperCase" | "toLowerCase"): number {
  const mapped = String.fromCodePoint(point)[method]();
  const first = mapped.codePointAt(0) ?? point;
  return String.fromCodePoint(first) === mapped ? first : point;
}

function contains(set: CodePoints, point: number): boolean {
  for (let i = 0; i + 1 < set.length; i += 2) if (point >= (set[i] ?? 0) && point <= (set[i + 1] ?? 0)) return true;
  return false;
}

/** Code points that have another case: all lie below U+1F000. */
const CASED: readonly number[] = Array.from({ length: 0x1f000 }, (_, point) => point).filter((point) =>
  /\p{Changes_When_Casemapped}/u.test(String.fromCodePoint(point)),
);
