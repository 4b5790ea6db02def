/** The small part of JSONPath that captures and checks need: `$.items[0].id`, `$['a key']`, negative positions from the end. Undefined for a place that is not there. */
export type JsonPlace = readonly (string | number)[];

/** Throws a RangeError that says where the path stops being one. */
export function parseJsonPath(path: string): JsonPlace {
  const steps: (string | number)[] = [];
  const pattern = /\.([A-Za-z_$][\w$-]*)|\[(-?\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;
  pattern.lastIndex = path.startsWith("$") ? 1 : 0;
  const text = path.startsWith("$") ? path : `.${path}`;
  while (pattern.lastIndex < text.length) {
    const from = pattern.lastIndex;
    const found = pattern.exec(text);
    if (found === null)
      throw new RangeError(
        `JSON path ${JSON.stringify(path)} is not understood from ${JSON.stringify(text.slice(from))} on: only names and positions, $.items[0].id`,
      );
    const quoted = found[3] ?? found[4];
    steps.push(found[2] !== undefined ? Number(found[2]) : quoted !== undefined ? quoted.replaceAll(/\\(.)/g, "$1") : (found[1] ?? ""));
  }
  return steps;
}

export function readJsonPlace(value: unknown, place: JsonPlace): unknown {
  let at = value;
  for (const step of place) {
    if (Array.isArray(at)) at = typeof step === "number" ? at.at(step) : undefined;
    else if (typeof at === "object" && at !== null) at = Object.hasOwn(at, step) ? (at as Record<string, unknown>)[step] : undefined;
    else return undefined;
  }
  return at;
}
