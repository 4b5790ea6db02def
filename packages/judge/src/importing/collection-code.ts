import { posix } from "node:path";
import type { Language } from "../contract.ts";

/** A file of the collection: its path there, and its text. */
export interface CollectionFile {
  readonly file: string;
  readonly text: string;
}

export interface CollectionCode {
  readonly lang: Language;
  readonly correct: CollectionFile;
  readonly tests: CollectionFile;
  readonly support: readonly CollectionFile[];
  readonly importedAs: string;
  readonly before?: string;
}

/**
 * Python's tests go on importing the module by its own name, and learners' tests import `solution`, which is the same module. JavaScript keeps its file, for what is
 * good JavaScript need not be TypeScript.
 */
export function programFiles(code: CollectionCode, program: CollectionFile): Readonly<Record<string, string>> {
  const { lang, importedAs, support, correct } = code;
  const beside = Object.fromEntries(support.map(({ file, text }) => [file, text]));
  if (lang === "typescript" && correct.file.endsWith(".ts")) return { ...beside, "solution.ts": redirected(code, program, "solution.ts") };
  if (lang === "typescript") {
    const rest = /\bexport\s+default\b/.test(program.text) ? `export { default } from "./${correct.file}";\n` : "";
    return {
      ...beside,
      [correct.file]: redirected(code, program, correct.file),
      "solution.ts": `export * from "./${correct.file}";\n${rest}`,
    };
  }
  if (importedAs === "solution.py") return { ...beside, [importedAs]: program.text };
  const module = importedAs.replace(/\.py$/, "").replaceAll("/", ".");
  const alias = `import importlib\nimport sys\n\nsys.modules[__name__] = importlib.import_module("${module}")\n`;
  return { ...beside, [importedAs]: program.text, "solution.py": alias };
}

/** The tests lie beside the program and find what lay beside them in the collection. */
export function knownTests(code: CollectionCode): CollectionFile {
  const { lang, tests, before = "" } = code;
  const name = posix.basename(tests.file).replace(/\.[cm]?js$/, ".ts");
  const lines = before === "" ? "" : `${before}\n`;
  if (lang === "typescript") return { file: name, text: `${lines}${redirected(code, tests, name)}` };
  const [future, text] = withoutFuture(tests.text);
  return { file: name, text: `${future}${pathOfTests(code)}${lines}${text}` };
}

/** pytest puts the folder of a test file on the path of modules. */
function pathOfTests({ tests, support }: CollectionCode): string {
  const folder = posix.dirname(tests.file);
  if (folder === "." || !support.some(({ file }) => posix.dirname(file) === folder)) return "";
  return `import os, sys; sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ${JSON.stringify(folder)}))\n`;
}

/** Python wants these before anything else. */
function withoutFuture(text: string): readonly [string, string] {
  const lines = text.split("\n");
  const isFuture = (line: string) => /^from __future__ import [\w, ]+$/.test(line);
  const future = lines.filter(isFuture);
  return [future.map((line) => `${line}\n`).join(""), lines.filter((line) => !isFuture(line)).join("\n")];
}

/** For a file that lies at another place now: paths that led to the correct program lead to solution.ts, and those to files beside it to where they are. */
function redirected({ correct, support }: CollectionCode, { file, text }: CollectionFile, place: string): string {
  const without = (path: string) => path.replace(/\.[cm]?[jt]s$/, "");
  const targets = new Map(support.map((one) => [without(one.file), one.file]));
  targets.set(without(correct.file), "solution.ts");
  return text.replace(/(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}\/[^"'\n]+)\2/g, (whole, before, quote, path) => {
    const target = targets.get(without(posix.join(posix.dirname(file), path)));
    if (target === undefined) return whole;
    const relative = posix.relative(posix.dirname(place), target);
    return `${before}${quote}${relative.startsWith("../") ? relative : `./${relative}`}${quote}`;
  });
}
