import { nearestName } from "@dojang/model";
import { JsonNumber } from "../json/json-value.ts";
import type { MappingFinding, Parsed } from "./mapping-finding.ts";
import type { Json, JsonObject } from "./stub-mapping.ts";

/**
 * Where a value is, as a chain towards the root: made for every field that is read, spelled out only for findings.
 * `unit` marks what WireMock reads in one piece: its own answers point there and no deeper.
 */
export interface At {
  readonly parent: At | undefined;
  readonly key: string | number;
  readonly unit?: true;
}

export function below(parent: At | undefined, key: string | number): At {
  return { parent, key };
}

const maxFindings = 200;
const maxDepth = 500;
const maxShown = 80;

/**
 * Reads typed fields out of JSON and notes what does not fit, so that one pass finds everything. Scalars are taken in every
 * spelling that WireMock's reader takes: `"201"` for 201, `1` for `"1"`, `"true"` for true, and null for a field left out.
 * Every method gives undefined for what it reported and for null.
 */
export class MappingReader {
  readonly findings: MappingFinding[] = [];
  #errors = 0;

  /** What was read, unless something was wrong with it. */
  result<T>(value: T | undefined): Parsed<T> {
    return this.#errors > 0 || value === undefined ? { ok: false, findings: this.findings } : { ok: true, value, findings: this.findings };
  }

  get failed(): boolean {
    return this.#errors > 0;
  }

  error(at: At | undefined, code: string, message: string, fix: string, wireMockDetail?: string): undefined {
    this.#note({
      severity: "error",
      code,
      path: pathOf(at),
      pointer: pointerOf(at),
      message,
      fix,
      ...(wireMockDetail && { wireMockDetail }),
    });
    return undefined;
  }

  warn(at: At | undefined, code: string, message: string, fix: string): void {
    this.#note({ severity: "warning", code, path: pathOf(at), pointer: pointerOf(at), message, fix });
  }

  /** The entries of a JSON object. */
  object(value: unknown, at: At | undefined, what: string): Readonly<Record<string, unknown>> | undefined {
    if (isAbsent(value)) return undefined;
    if (isRecord(value)) return value;
    return this.error(at, "wrong-type", `${what} must be an object, got ${shown(value)}`, `write ${what} as {"name": value}`);
  }

  array(value: unknown, at: At, what: string): readonly unknown[] | undefined {
    if (isAbsent(value)) return undefined;
    if (Array.isArray(value)) return value;
    return this.error(at, "wrong-type", `${what} must be a list, got ${shown(value)}`, "put it in square brackets");
  }

  text(value: unknown, at: At): string | undefined {
    if (isAbsent(value)) return undefined;
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean" || value instanceof JsonNumber) return String(value);
    return this.error(at, "wrong-type", `\`${at.key}\` must be a string, got ${shown(value)}`, "write it in double quotes");
  }

  /** As `text`, but as it stands: what patterns compare with is never converted. */
  exactText(value: unknown, at: At): string | undefined {
    if (typeof value === "string") return value;
    return this.error(at, "wrong-type", `\`${at.key}\` must be a string, got ${shown(value)}`, "write it in double quotes");
  }

  texts(value: unknown, at: At): readonly string[] | undefined {
    return this.array(value, at, `\`${at.key}\``)?.flatMap((each, index) => this.text(each, below(at, index)) ?? []);
  }

  integer(value: unknown, at: At, range: { readonly min?: number; readonly max?: number } = {}): number | undefined {
    if (isAbsent(value) || value === "") return undefined;
    const number = toNumber(value);
    const { min = -(2 ** 31), max = 2 ** 31 - 1 } = range;
    if (number === undefined || !Number.isInteger(number)) {
      return this.error(at, "wrong-type", `\`${at.key}\` must be a whole number, got ${shown(value)}`, "write a number without quotes");
    }
    if (number < min || number > max) {
      return this.error(at, "bad-value", `\`${at.key}\` must be from ${min} to ${max}, got ${number}`, "write a number in that range");
    }
    return number;
  }

  number(value: unknown, at: At): number | undefined {
    if (isAbsent(value) || value === "") return undefined;
    const number = toNumber(value);
    if (number !== undefined) return number;
    return this.error(at, "wrong-type", `\`${at.key}\` must be a number, got ${shown(value)}`, "write a number without quotes");
  }

  flag(value: unknown, at: At): boolean | undefined {
    if (isAbsent(value) || value === "") return undefined;
    if (typeof value === "boolean") return value;
    if (typeof value === "number") return value !== 0;
    if (typeof value === "string" && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
    return this.error(at, "wrong-type", `\`${at.key}\` must be true or false, got ${shown(value)}`, "write true or false without quotes");
  }

  oneOf<const Name extends string>(value: unknown, at: At, names: readonly Name[]): Name | undefined {
    if (isAbsent(value)) return undefined;
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    return this.error(
      at,
      "bad-value",
      `\`${at.key}\` must be one of ${names.join(", ")}, got ${shown(value)}`,
      adviceFor(typeof value === "string" ? value : "", names),
    );
  }

  /** JSON that is kept as it is. Refused when it is nested so deeply that writing it again would fail. */
  json(value: unknown, at: At): Json | undefined {
    if (value === undefined) return undefined;
    if (isTooDeep(value)) {
      return this.error(at, "too-large", `\`${at.key}\` is nested more than ${maxDepth} levels deep`, "make it flatter");
    }
    // Values come from a JSON reader; what is not plain JSON are its JsonNumbers, which write themselves as numbers.
    return value as Json;
  }

  jsonObject(value: unknown, at: At): JsonObject | undefined {
    const record = this.object(value, at, `\`${at.key}\``);
    // Safe: `object` saw that it is one.
    return record && (this.json(record, at) as JsonObject | undefined);
  }

  /** Reports every field that is not among the known ones, with the nearest of them. */
  onlyKnown(record: Readonly<Record<string, unknown>>, at: At | undefined, known: ReadonlySet<string>, what: string): void {
    for (const name of Object.keys(record)) {
      if (known.has(name)) continue;
      const advice = adviceFor(name, [...known]);
      this.error(
        below(at, name),
        "unknown-field",
        `unknown field \`${name}\` of ${what}`,
        advice.replace(/^write/, "leave it out, or write"),
      );
    }
  }

  #note(finding: MappingFinding): void {
    if (finding.severity === "error") this.#errors++;
    if (this.findings.length < maxFindings) this.findings.push(finding);
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** A value in a message, short. */
export function shown(value: unknown): string {
  const text = spelledOut(value);
  return text.length > maxShown ? `${text.slice(0, maxShown - 1)}…` : text;
}

export function spelledOut(value: unknown): string {
  if (typeof value === "object" && value !== null && isTooDeep(value)) return "a deeply nested value";
  return JSON.stringify(value) ?? String(value);
}

/** `write X instead of Y`, or what there is to choose from. */
export function adviceFor(asked: string, known: readonly string[]): string {
  const near = nearestName(asked, known);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  return `write one of ${known.slice(0, 20).join(", ")}`;
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (value instanceof JsonNumber) return Number(value.text);
  if (typeof value === "string" && /^\s*[-+]?\d+(\.\d+)?\s*$/.test(value)) return Number(value);
  return undefined;
}

function pathOf(at: At | undefined): readonly (string | number)[] {
  const keys: (string | number)[] = [];
  for (let here = at; here !== undefined; here = here.parent) keys.push(here.key);
  return keys.reverse();
}

function pointerOf(at: At | undefined): string {
  let end = at;
  for (let here = at; here !== undefined; here = here.parent) if (here.unit) end = here;
  return `/${pathOf(end).join("/")}`;
}

/** Without recursion: the value may be nested more deeply than the stack allows. */
function isTooDeep(root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; depth <= maxDepth; depth++) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== "object" || value === null || value instanceof JsonNumber) continue;
      for (const child of Object.values(value)) if (typeof child === "object" && child !== null) next.push(child);
    }
    if (next.length === 0) return false;
    level = next;
  }
  return true;
}
