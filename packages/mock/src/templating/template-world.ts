import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Problem } from "@dojang/model";
import { compileRegex, RegexSyntaxError, type SafeRegex } from "../regex/safe-regex.ts";
import type { TemplateWorld } from "./evaluation/rendering.ts";

export interface TemplateWorldOptions {
  /** Regular expressions of Java, case ignored, for whole keys. Default `wiremock.*`. */
  readonly permittedSystemKeys?: readonly string[];
  /** Makes random helpers repeat themselves from run to run. */
  readonly seed?: number;
  readonly nowMs?: () => number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export function createTemplateWorld(options: TemplateWorldOptions): TemplateWorld {
  const given = options.permittedSystemKeys ?? [];
  const permitted = (given.length > 0 ? given : ["wiremock.*"]).map(keyPattern);
  const environment = options.environment ?? process.env;
  const random = options.seed === undefined ? Math.random : seededRandom(options.seed);
  return {
    nowMs: options.nowMs ?? Date.now,
    random,
    uuid: options.seed === undefined ? randomUUID : () => uuidFrom(random),
    hostname,
    environment: (key) => (Object.hasOwn(environment, key) ? environment[key] : undefined),
    isPermittedSystemKey: (key) => permitted.some((pattern) => pattern.matches(key)),
  };
}

function keyPattern(key: string): SafeRegex {
  try {
    return compileRegex(key, { caseInsensitive: true });
  } catch (error) {
    if (!(error instanceof RegexSyntaxError)) throw error;
    throw new Problem({
      code: "bad-system-key",
      message: `\`permittedSystemKeys\` must be regular expressions, got ${JSON.stringify(key)}: ${error.message}`,
      fix: "write a regular expression for whole names of environment variables, such as `APP_.*`",
      exit: "configuration",
      cause: error,
    });
  }
}

/** Mulberry32: small, even enough for test data, and the same on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function uuidFrom(random: () => number): string {
  const bytes = Array.from({ length: 16 }, () => Math.floor(random() * 256));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
