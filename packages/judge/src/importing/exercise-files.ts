import { stringify } from "yaml";
import type { Exercise, Language } from "../contract.ts";
import { changedLines } from "./changed-lines.ts";
import { type CollectionFile, knownTests, programFiles } from "./collection-code.ts";

export interface ImportedTexts {
  readonly id: string;
  readonly name: string;
  readonly lang: Language;
  readonly level: Exercise["level"];
  /** Of one run of the tests; the exercise's default unless told. */
  readonly timeMs?: number;
  readonly correct: CollectionFile;
  readonly tests: CollectionFile;
  readonly variants: readonly (CollectionFile & { readonly id: string })[];
  /** Further files, which lie beside each program as they lie in the collection. */
  readonly support: readonly CollectionFile[];
  /** The path by which Python's tests import the program. */
  readonly importedAs: string;
  /** Lines put before the tests: what the collection's own configuration sets up. */
  readonly before?: string;
}

/** Pure: the files of an exercise's folder, which is a draft: decoys and generator are for a person to write. */
export function exerciseFiles(texts: ImportedTexts): Readonly<Record<string, string>> {
  const { id, name, lang, level, timeMs, correct, variants, support } = texts;
  const title = { ko: name, en: name };
  const learn = {
    ko: `${name}의 버그를 잡는 테스트를 씁니다.`,
    en: `To write tests that catch the bugs of ${name}.`,
  };
  const limits = timeMs === undefined ? {} : { limits: { timeMs } };
  const fence = `\`\`\`${lang}\n${correct.text.trimEnd()}\n\`\`\`\n`;
  const beside = support.map(({ file }) => `\`${file}\``).join(", ");
  const besideKo = beside === "" ? "" : `\n프로그램 옆에 있는 파일: ${beside}\n`;
  const besideEn = beside === "" ? "" : `\nBeside the program there are: ${beside}\n`;
  const tests = knownTests(texts);
  const files: Record<string, string> = {
    "exercise.yml": stringify({ id, lang, level, draft: true, title, learn, ...limits }),
    "statement.ko.md": `# ${name}\n\n아래 프로그램은 올바릅니다. 이 프로그램과 다르게 동작하는 것을 잡는 테스트를 쓰세요. 테스트는 \`${mainOf(lang)}\`을 불러옵니다.\n\n${fence}${besideKo}`,
    "statement.en.md": `# ${name}\n\nThis program is correct. Write tests that catch what behaves differently. Tests import \`${mainOf(lang)}\`.\n\n${fence}${besideEn}`,
    [`starter/${starterNames[lang]}`]: starters[lang],
    [`tests/known/${tests.file}`]: tests.text,
  };
  const put = (folder: string, program: CollectionFile) => {
    for (const [path, content] of Object.entries(programFiles(texts, program))) files[`${folder}/${path}`] = content;
  };
  put("reference", correct);
  for (const variant of variants) {
    const folder = `variants/${variant.id}`;
    put(`${folder}/src`, variant);
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
