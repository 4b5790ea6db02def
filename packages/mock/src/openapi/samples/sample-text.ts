import { fullFormats } from "ajv-formats/dist/formats.js";
import { textCheck } from "../schemas/bounded-keywords.ts";
import { compilePattern } from "../schemas/ecma-pattern.ts";
import type { Random } from "./random.ts";
import { formatSamples, personName, word } from "./sample-format.ts";
import { samplePattern } from "./sample-pattern.ts";
import { textByName } from "./words.ts";

export interface TextBounds {
  readonly minLength: number;
  readonly maxLength: number;
  readonly patterns: readonly string[];
  readonly formats: readonly string[];
  /** Name of the field, which says what would be plausible. */
  readonly name: string | undefined;
}

const longestSample = 100_000;

/** Text within bounds; undefined when none was found. */
export function sampleText(bounds: TextBounds, random: Random): string | undefined {
  const { minLength: min, patterns, formats } = bounds;
  if (min > longestSample || min > bounds.maxLength) return undefined;
  const max = Math.min(bounds.maxLength, longestSample);
  const compiled = patterns.map(compilePattern);
  const checks = formats.map(formatCheck);
  const accept = (text: string) => compiled.every((pattern) => pattern.test(text)) && checks.every((check) => check(text));
  for (const format of formats) {
    const found = formatSamples(format, { min, max }, random).find(accept);
    if (found !== undefined) return found;
  }
  const [source] = patterns;
  if (source === undefined) return [plausible(bounds, random)].find(accept);
  const plain = plausible(bounds, random);
  if (accept(plain) && bounds.name !== undefined) return plain;
  for (const each of patterns) {
    const found = samplePattern(each, { min, max }, random.branch(each), accept);
    if (found !== undefined) return found;
  }
  return patterns.length > 1 ? sampleJoined(patterns, { max, random, accept }) : undefined;
}

const joinAttempts = 20;

/** Of several patterns that look at different ends of a text: a text of each, one after another. */
function sampleJoined(
  patterns: readonly string[],
  { max, random, accept }: { readonly max: number; readonly random: Random; readonly accept: (text: string) => boolean },
): string | undefined {
  for (let attempt = 0; attempt < joinAttempts; attempt++) {
    const texts = patterns.map((each) => samplePattern(each, { min: 0, max }, random.branch(`${attempt} ${each}`), () => true) ?? "");
    const turned = attempt % 2 === 0 ? texts : texts.toReversed();
    const joined = turned.join("");
    if (joined.length <= max && accept(joined)) return joined;
  }
  return undefined;
}

/** Cut or filled up to its length. */
function plausible({ minLength, maxLength, name }: TextBounds, random: Random): string {
  const text = byName(name, random);
  if (text.length > maxLength) return [...text].slice(0, maxLength).join("").trimEnd().padEnd(Math.min(minLength, maxLength), "a");
  return text.length >= minLength
    ? text
    : text +
        ` ${word(random)}`
          .repeat(Math.ceil(minLength / 5))
          .slice(0, minLength - text.length)
          .trimEnd()
          .padEnd(minLength - text.length, "a");
}

function byName(name: string | undefined, random: Random): string {
  const key = (name ?? "").replaceAll(/[^A-Za-z]/g, "").toLowerCase();
  for (const [ending, texts] of Object.entries(textByName)) if (key.endsWith(ending)) return random.pick(texts) ?? word(random);
  if (/^(full|display|customer|owner|author|holder|contact)name$/.test(key)) return personName(random);
  if (key.endsWith("email")) return `${word(random)}@example.com`;
  if (key.endsWith("url") || key.endsWith("uri") || key.endsWith("href")) return `https://example.com/${word(random)}`;
  if (/(description|summary|message|comment|text|body|note|content)$/.test(key)) return `${word(random)} ${word(random)} ${word(random)}`;
  if (key.endsWith("id")) return `${word(random)}-${random.integer(100, 999)}`;
  return word(random);
}

/** Whether text is of a format, as it is judged. */
function formatCheck(name: string): (text: string) => boolean {
  const known: unknown = Object.hasOwn(fullFormats, name) ? Object.getOwnPropertyDescriptor(fullFormats, name)?.value : undefined;
  if (known === undefined || known === true) return () => true;
  if (typeof known === "object" && known !== null && "type" in known && known.type === "number") return () => true;
  return textCheck(known);
}
