import { resolve } from "node:path";
import { exitCodes, Problem } from "@dojang/model";
import type { Exercise, Language } from "../contract.ts";
import { createEngine } from "../engines/engines.ts";
import { type ImportedExercise, importCollection } from "../importing/import-collection.ts";
import { parseFilter, parsePattern } from "../importing/path-pattern.ts";
import type { CommandContext } from "./command-context.ts";

export interface ImportFlags {
  readonly correct: string;
  readonly buggy: string;
  readonly tests: string;
  readonly into: string;
  readonly importedAs?: string;
  readonly support?: readonly string[];
  readonly except?: readonly string[];
  readonly before?: string;
  readonly time?: number;
  readonly level: Exercise["level"];
  readonly check: boolean;
  readonly json?: boolean;
  readonly python?: string;
}

export async function importExercises(
  { folder, flags }: { readonly folder: string; readonly flags: ImportFlags },
  { signal }: CommandContext,
): Promise<void> {
  const patterns = {
    correct: parsePattern(flags.correct, "--correct"),
    buggy: parsePattern(flags.buggy, "--buggy"),
    tests: parsePattern(flags.tests, "--tests"),
    support: flags.support?.map((text) => parseFilter(text, "--support")),
    except: flags.except?.map((text) => parseFilter(text, "--except")),
  };
  if (flags.importedAs !== undefined) checkImportedAs(flags.importedAs);
  const lang = languageOf(flags.correct);
  const engine = flags.check ? await createEngine(lang, flags) : undefined;
  const { level, importedAs, before, time } = flags;
  const collection = { folder: resolve(folder), into: resolve(flags.into), patterns, lang, level, importedAs, before, timeMs: time };
  let all = true;
  try {
    for await (const one of importCollection({ ...collection, engine, signal })) {
      all &&= one.refused === undefined;
      process.stdout.write(flags.json ? `${JSON.stringify(one)}\n` : importedText(one, flags.check));
    }
  } finally {
    await engine?.close();
  }
  process.exitCode = all ? exitCodes.passed : exitCodes.failed;
}

function importedText({ id, refused, variants, leftOut, weak, missing }: ImportedExercise, checked: boolean): string {
  const lines = [
    ...leftOut.map(({ file, reason }) => `  left out ${file}: ${reason}`),
    ...weak.map(({ place, reason }) => `  less proven, ${place}: ${reason}`),
  ];
  if (refused !== undefined) return `${[`REFUSED  ${id}: ${refused}`, ...lines].join("\n")}\n`;
  const count = variants.length === 1 ? "1 variant" : `${variants.length} variants`;
  const head = `imported ${id}: ${count}, ${checked ? "proven by its tests" : "not proven"}`;
  return `${[head, ...lines, `  a draft: ${missing.join(", ")} are missing`].join("\n")}\n`;
}

function languageOf(correct: string): Language {
  if (correct.endsWith(".py")) return "python";
  if (/\.m?[tj]s$/.test(correct)) return "typescript";
  throw new Problem({
    code: "import-language",
    message: `--correct has to name .py, .ts or .js files, got "${correct}"`,
    fix: "end the pattern with one of them: other languages are not graded",
    exit: "configuration",
  });
}

function checkImportedAs(path: string): void {
  if (/^([\w{}]+\/)*[\w{}]+\.py$/.test(path)) return;
  throw new Problem({
    code: "import-path",
    message: `--imported-as has to be the path of a Python module, got "${path}"`,
    fix: "for tests that say `from src.area import area`, write 'src/{name}.py'",
    exit: "configuration",
  });
}
