import { child, type DocumentNode, items } from "../documents/document-node.ts";
import { canonical } from "../schemas/bounded-keywords.ts";
import type { Parts } from "./constraints.ts";
import type { Random } from "./random.ts";

const mostListed = 1_000;

/** Values that the schemas give themselves, the best first: `const`, examples, `default`, one of `enum`. None when they give none. */
export function literalsOf(
  parts: Parts,
  { examples, random, index }: { examples: boolean; random: Random; index: number },
): readonly unknown[] {
  const constants = parts.flatMap((part) => present(child(part, "const")));
  if (constants.length > 0) return constants;
  const allowed = commonValues(parts);
  const shown = examples ? parts.flatMap((part) => shownBy(part, index)) : [];
  if (allowed === undefined) return shown;
  const known = new Set(allowed.map(canonical));
  const fitting = shown.filter((value) => known.has(canonical(value)));
  // Null stands among the values of nullable schemas; it says least.
  const telling = allowed.filter((value) => value !== null);
  const from = telling.length === 0 ? 0 : random.branch("enum").integer(0, telling.length - 1) + index;
  const turned = telling.map((_, at) => telling[(from + at) % telling.length]);
  return [...fitting, ...turned, ...allowed.filter((value) => value === null)];
}

/** Values of `enum` that every part lists; undefined when none lists any. */
function commonValues(parts: Parts): readonly unknown[] | undefined {
  let common: readonly unknown[] | undefined;
  for (const part of parts) {
    const listed = items(child(part, "enum")).map(({ value }) => value);
    if (listed.length === 0) continue;
    if (common === undefined) common = listed.slice(0, mostListed);
    else {
      const known = new Set(listed.map(canonical));
      common = common.filter((value) => known.has(canonical(value)));
    }
  }
  return common;
}

function shownBy(part: DocumentNode, index: number): readonly unknown[] {
  const several = items(child(part, "examples")).map(({ value }) => value);
  const turned = several.map((_, at) => several[(index + at) % several.length]);
  return [...present(child(part, "example")), ...turned, ...present(child(part, "default"))];
}

function present({ value }: DocumentNode): readonly unknown[] {
  return value === undefined ? [] : [value];
}
