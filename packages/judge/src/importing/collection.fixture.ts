import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Language } from "../contract.ts";
import { engineOf } from "../judging/judging.fixture.ts";
import { type ImportedExercise, type ImportOptions, importCollection } from "./import-collection.ts";
import { parseFilter, parsePattern } from "./path-pattern.ts";

/** A collection in a folder of a test. */
export function putFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

export interface Asked extends Pick<ImportOptions, "importedAs" | "before" | "timeMs"> {
  readonly lang: Language;
  readonly correct: string;
  readonly buggy: string;
  readonly tests: string;
  readonly support?: readonly string[];
  readonly except?: readonly string[];
  readonly check?: boolean;
}

export const madeIn = (folder: string) => join(folder, "made");

export async function importAll(folder: string, asked: Asked): Promise<readonly ImportedExercise[]> {
  const { lang, correct, buggy, tests, support, except, check = true, ...rest } = asked;
  const patterns = {
    correct: parsePattern(correct, "--correct"),
    buggy: parsePattern(buggy, "--buggy"),
    tests: parsePattern(tests, "--tests"),
    support: support?.map((text) => parseFilter(text, "--support")),
    except: except?.map((text) => parseFilter(text, "--except")),
  };
  const engine = check ? await engineOf(lang) : undefined;
  const signal = AbortSignal.timeout(100_000);
  return await Array.fromAsync(importCollection({ ...rest, folder, into: madeIn(folder), patterns, lang, level: "easy", engine, signal }));
}
