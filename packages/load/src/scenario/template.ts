/**
 * `${name}` in URLs, headers and bodies. Compiled once; `$${` writes `${`. Names are resolved by `Values`, generators first:
 * `random.uuid`, `random.int(1,100)`, `random.text(8)`, `counter`, `now` (milliseconds since the epoch), `now.iso`.
 */
export interface Template {
  /** The text when nothing in it varies. */
  readonly fixed: string | undefined;
  /** Names that it asks `Values` for, without generators. */
  readonly names: readonly string[];
  render(values: Values): string;
}

export interface Values {
  /** Undefined for a name that has no value: written as nothing, and counted by the caller's capture errors. */
  value(name: string): string | undefined;
  /** 0 <= x < 1, of the run's seed. */
  random(): number;
  /** Grows by one with each call, over all threads without repeats. */
  count(): number;
  nowMs(): number;
}

type Part = string | { readonly name: string } | { readonly generate: (values: Values) => string };

const placeholder = /\$(\$?)\{([^{}]*)\}/g;
const randomCall = /^random\.(int|text)\(\s*(\d{1,15})\s*(?:,\s*(\d{1,15})\s*)?\)$/;

/** Throws a RangeError that names the placeholder when it is no name and no generator. */
export function compileTemplate(text: string): Template {
  const parts: Part[] = [];
  let last = 0;
  for (const found of text.matchAll(placeholder)) {
    const [whole, escaped, inside = ""] = found;
    parts.push(text.slice(last, found.index));
    parts.push(escaped === "$" ? whole.slice(1) : partFor(inside.trim(), whole));
    last = found.index + whole.length;
  }
  parts.push(text.slice(last));
  const varies = parts.some((part) => typeof part !== "string");
  const fixed = varies ? undefined : parts.join("");
  return {
    fixed,
    names: parts.flatMap((part) => (typeof part === "object" && "name" in part ? [part.name] : [])),
    render(values) {
      if (fixed !== undefined) return fixed;
      let rendered = "";
      for (const part of parts) {
        if (typeof part === "string") rendered += part;
        else rendered += "name" in part ? (values.value(part.name) ?? "") : part.generate(values);
      }
      return rendered;
    },
  };
}

function partFor(inside: string, whole: string): Part {
  if (inside === "random.uuid") return { generate: randomUuid };
  if (inside === "counter") return { generate: (values) => String(values.count()) };
  if (inside === "now") return { generate: (values) => String(Math.floor(values.nowMs())) };
  if (inside === "now.iso") return { generate: (values) => new Date(values.nowMs()).toISOString() };
  const call = randomCall.exec(inside);
  if (call)
    return {
      generate: randomOf(call[1] === "int" ? "int" : "text", Number(call[2]), call[3] === undefined ? undefined : Number(call[3]), whole),
    };
  if (/^[A-Za-z_][\w.-]*$/.test(inside) && !inside.startsWith("random.")) return { name: inside };
  throw new RangeError(
    `${whole} is neither a name nor one of random.uuid, random.int(from,to), random.text(length), counter, now, now.iso`,
  );
}

function randomOf(kind: "int" | "text", first: number, second: number | undefined, whole: string): (values: Values) => string {
  if (kind === "text") {
    if (first > 10_000) throw new RangeError(`${whole}: at most 10000 characters`);
    return ({ random }) => randomText(random, first);
  }
  const [from, to] = second === undefined ? [0, first] : [first, second];
  if (to < from) throw new RangeError(`${whole}: the second number must not be below the first`);
  return ({ random }) => String(from + Math.floor(random() * (to - from + 1)));
}

export function randomText(random: () => number, length: number): string {
  return Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join("");
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Version 4 in form; of the run's seed, so that two runs ask the same. */
export function randomUuid({ random }: Pick<Values, "random">): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = "4";
  hex[16] = "89ab"[Math.floor(random() * 4)] ?? "8";
  const text = hex.join("");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}
