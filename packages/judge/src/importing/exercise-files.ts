import { posix } from "node:path";
import { stringify } from "yaml";
import type { Exercise, Language } from "../contract.ts";
import { changedLines } from "./changed-lines.ts";

export interface ImportedTexts {
  readonly id: string;
  readonly name: string;
  readonly lang: Language;
  readonly level: Exercise["level"];
  /** Path in the collection, and text. */
  readonly correct: { readonly file: string; readonly text: string };
  readonly tests: { readonly file: string; readonly text: string };
  readonly variants: readonly { readonly id: string; readonly text: string }[];
  /** The path by which Python's tests import the program. */
  readonly importedAs: string;
}

/** Pure: the files of an exercise's folder, which is a draft: decoys and generator are for a person to write. */
export function exerciseFiles(texts: ImportedTexts): Readonly<Record<string, string>> {
  const { id, name, lang, level, correct, tests, variants } = texts;
  const title = { ko: name, en: name };
  const learn = {
    ko: `${name}의 버그를 잡는 테스트를 씁니다.`,
    en: `To write tests that catch the bugs of ${name}.`,
  };
  const fence = `\`\`\`${lang}\n${correct.text.trimEnd()}\n\`\`\`\n`;
  const files: Record<string, string> = {
    "exercise.yml": stringify({ id, lang, level, draft: true, title, learn }),
    "statement.ko.md": `# ${name}\n\n아래 프로그램은 올바릅니다. 이 프로그램과 다르게 동작하는 것을 잡는 테스트를 쓰세요. 테스트는 \`${mainOf(lang)}\`을 불러옵니다.\n\n${fence}`,
    "statement.en.md": `# ${name}\n\nThis program is correct. Write tests that catch what behaves differently. Tests import \`${mainOf(lang)}\`.\n\n${fence}`,
    [`starter/${starterNames[lang]}`]: starters[lang],
    [`tests/known/${posix.basename(tests.file)}`]: lang === "python" ? tests.text : importSolution(texts),
  };
  const put = (folder: string, text: string) => {
    for (const [path, content] of Object.entries(programFiles(texts, text))) files[`${folder}/${path}`] = content;
  };
  put("reference", correct.text);
  for (const variant of variants) {
    const folder = `variants/${variant.id}`;
    put(`${folder}/src`, variant.text);
    const changed = `\`\`\`diff\n${changedLines(correct.text, variant.text)}\n\`\`\`\n`;
    files[`${folder}/why.ko.md`] = `올바른 프로그램(-)과 이렇게 다릅니다(+).\n\n${changed}`;
    files[`${folder}/why.en.md`] = `It differs (+) from the correct program (-).\n\n${changed}`;
  }
  return files;
}

const mainOf = (lang: Language) => (lang === "python" ? "solution" : "./solution.ts");
const starterNames: Readonly<Record<Language, string>> = { python: "test_starter.py", typescript: "starter.test.ts" };
const starters: Readonly<Record<Language, string>> = {
  python: "import solution\n\n\ndef test_it_is_there():\n    assert solution\n",
  typescript:
    'import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport * as solution from "./solution.ts";\n\ntest("it is there", () => assert.ok(solution));\n',
};

/** Python's tests go on importing the module by its own name, and learners' tests import `solution`. */
function programFiles({ lang, importedAs }: ImportedTexts, text: string): Readonly<Record<string, string>> {
  if (lang === "typescript" || importedAs === "solution.py") return { [lang === "python" ? "solution.py" : "solution.ts"]: text };
  const module = importedAs.replace(/\.py$/, "").replaceAll("/", ".");
  return { [importedAs]: text, "solution.py": `from ${module} import *\n` };
}

/** Paths that lead from the tests to the correct program lead to ./solution.ts. */
function importSolution({ correct, tests }: ImportedTexts): string {
  const without = (path: string) => path.replace(/\.[cm]?[jt]s$/, "");
  const target = without(correct.file);
  return tests.text.replace(/(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}\/[^"'\n]+)\2/g, (whole, before, quote, path) => {
    const leadsTo = posix.join(posix.dirname(tests.file), path);
    return without(leadsTo) === target ? `${before}${quote}./solution.ts${quote}` : whole;
  });
}
