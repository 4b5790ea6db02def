import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Collection } from "./collection.ts";

const fields = ["task_id", "declaration", "canonical_solution", "buggy_solution", "test", "entry_point"] as const;
type Task = Readonly<Record<(typeof fields)[number], string>>;

function taskOf(line: string): Task {
  // Of a file of objects; that each field is a text is checked next.
  const found = JSON.parse(line) as Record<string, unknown>;
  const missing = fields.find((field) => typeof found[field] !== "string");
  if (missing !== undefined) throw new Error(`a task has no ${missing}: ${line.slice(0, 100)}`);
  return found as Task;
}

interface Files {
  readonly program: (solution: string) => string;
  readonly tests: string;
}

/** 164 small programs for each language, with one bug each, as lines of JSON: they are written out as files first. */
const humanEvalPack = (language: "python" | "typescript", folder: string, filesOf: (task: Task, name: string) => Files): Collection => {
  const [program, tests] = language === "python" ? ["{name}.py", "test_{name}.py"] : ["{name}.js", "{name}.test.js"];
  return {
    name: `humanevalpack-${folder}`,
    repository: "https://github.com/bigcode-project/octopack",
    licence: "MIT",
    language,
    programs: 164,
    async arrange(clone, work) {
      const path = join(clone, "evaluation/create/humaneval-x/data", folder, "data/humanevalpack.jsonl");
      const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line.trim() !== "");
      for (const made of ["correct", "buggy", "tests"]) await mkdir(join(work, made), { recursive: true });
      for (const line of lines) {
        const task = taskOf(line);
        const name = `p${task.task_id.replace(/\D/g, "").padStart(3, "0")}_${task.entry_point}`;
        const files = filesOf(task, name);
        const put = (pattern: string, text: string) => writeFile(join(work, pattern.replace("{name}", name)), text);
        await put(`correct/${program}`, files.program(task.canonical_solution));
        await put(`buggy/${program}`, files.program(task.buggy_solution));
        await put(`tests/${tests}`, files.tests);
      }
      return work;
    },
    flags: [...["--correct", `correct/${program}`, "--buggy", `buggy/${program}`, "--tests", `tests/${tests}`], ...["--time", "20000"]],
  };
};

/** The tests end with a call of `check`, which pytest has to make. */
export const humanEvalPackPython = humanEvalPack("python", "python", ({ declaration, test, entry_point }, name) => ({
  program: (solution) => `${declaration}${solution}`,
  tests: `from ${name} import *\n\n${test.replace(/^check\(.*\)\s*$/m, "")}\n\ndef test_${entry_point}():\n    check(${entry_point})\n`,
}));

/** The programs are a text without exports, and `console.assert` of Node says what is wrong and goes on: here it throws. */
export const humanEvalPackJs = humanEvalPack("typescript", "js", ({ declaration, test, entry_point }, name) => {
  const names = [...declaration.matchAll(/^(?:const|let|var|(?:async )?function)\s+(\w+)/gm)].map((found) => found[1]).join(", ");
  return {
    program: (solution) => `${declaration}${solution}\nexport { ${names} };\n`,
    tests: `import assert from "node:assert/strict";
import { test } from "node:test";
import { ${names} } from "../correct/${name}.js";

const console = { ...globalThis.console, assert };
test("${entry_point}", () => {
${test}
});
`,
  };
});
