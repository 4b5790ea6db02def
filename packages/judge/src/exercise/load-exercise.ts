import { lstat, readdir, readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { type Finding, nearestName, Problem } from "@dojang/model";
import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import type { Exercise, Language, NamedProgram, ProgramFiles, SourceFile, Texts, Variant } from "../contract.ts";
import { type ExerciseFile, exerciseFileSchema } from "./exercise-file.ts";
import { readMadeFile } from "./made-file.ts";

/**
 * Reads an exercise's folder: exercise.yml, statement.{ko,en}.md, reference/, variants/<id>/{src,why.ko.md,why.en.md}, decoys/<id>/,
 * tests/known/, starter/, the generator, and made.yml where a model wrote it. Throws one Problem with everything that is wrong with it.
 */
export async function loadExercise(folder: string): Promise<Exercise> {
  const findings: Finding[] = [];
  const file = await readExerciseFile(folder, findings);
  const lang = file?.lang;
  const [statement, reference, decoys, variants, knownTests, starter] = await Promise.all([
    readTexts(folder, "statement", findings),
    readProgram(join(folder, "reference"), findings),
    readDecoys(folder, findings),
    readVariants(folder, file, findings),
    readOnlyFile(join(folder, "tests/known"), findings),
    readOnlyFile(join(folder, "starter"), findings),
  ]);
  const generator = await readGenerator(folder, file, findings);
  const made = await readMadeFile(folder).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.place === undefined) throw error;
    findings.push(finding(error.code, error.place, error.message, error.fix));
    return undefined;
  });
  checkPrograms({ folder, lang, reference, decoys, variants, fewestDecoys: file?.draft ? 0 : fewestDecoys }, findings);
  if (findings.length > 0 || file === undefined || !reference || !knownTests || !starter || !(generator || file.draft))
    throw notAnExercise(folder, findings);
  const { memoryMb, outputKb, diskMb, timeMs, processes } = file.limits;
  return {
    folder,
    id: file.id,
    lang: file.lang,
    level: file.level,
    order: file.order,
    title: file.title,
    learn: file.learn,
    statement,
    limits: { timeMs, processes, memoryBytes: memoryMb * 1024 ** 2, outputBytes: outputKb * 1024, diskBytes: diskMb * 1024 ** 2 },
    seed: file.seed,
    reference,
    decoys,
    variants,
    knownTests,
    starter,
    generator,
    draft: file.draft,
    ...(made === undefined || made.state === "approved" ? {} : { unapproved: true }),
  };
}

function notAnExercise(folder: string, findings: readonly Finding[]): Problem {
  const count = findings.length === 1 ? "one mistake" : `${findings.length} mistakes`;
  return new Problem({
    code: "exercise-invalid",
    exit: "configuration",
    message: `${folder} is no exercise: ${count}`,
    fix: "docs/guides/exercises.md says what an exercise's folder holds",
    place: { file: folder },
    findings,
  });
}

async function readExerciseFile(folder: string, findings: Finding[]): Promise<ExerciseFile | undefined> {
  const file = join(folder, "exercise.yml");
  const text = await readText(file, findings, {
    code: "exercise-no-file",
    fix: "write exercise.yml with id, lang, level, title and learn",
  });
  if (text === undefined) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0]);
    findings.push(finding("exercise-yaml", { file, line, column: col }, error.message.split("\n")[0] ?? "", "write it as YAML"));
  }
  if (document.errors.length > 0) return undefined;
  const parsed = exerciseFileSchema.safeParse(document.toJS());
  const placeOf = (path: readonly PropertyKey[]) => {
    const names = path.filter((one) => typeof one !== "symbol");
    for (let length = names.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(names.slice(0, length), true);
      if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)) {
        const { line, col } = lines.linePos(Number(node.range[0]));
        return { file, line, column: col, path: names.join(".") };
      }
    }
    return { file, line: 1, column: 1, path: names.join(".") };
  };
  if (parsed.success) {
    if (parsed.data.id !== basename(folder))
      findings.push(
        finding("exercise-id", placeOf(["id"]), `the id is ${parsed.data.id} and the folder ${basename(folder)}`, "give both one name"),
      );
    return parsed.data;
  }
  for (const issue of parsed.error.issues) findings.push(...toFindings(issue, { placeOf, value: (path) => document.getIn(path) }));
  return undefined;
}

interface IssueContext {
  placeOf(path: readonly PropertyKey[]): Finding["place"];
  value(path: readonly PropertyKey[]): unknown;
}

function toFindings(issue: z.core.$ZodIssue, { placeOf, value }: IssueContext): Finding[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const near = nearestName(key, keysAt(issue.path));
      return finding(
        "exercise-unknown-key",
        placeOf([...issue.path, key]),
        `there is no ${key}`,
        near ? `did you mean ${near}?` : "leave it out",
      );
    });
  const seen = value(issue.path);
  const got = seen === undefined ? "nothing is there" : `got ${JSON.stringify(seen)}`;
  return [
    finding("exercise-value", placeOf(issue.path), `${issue.message}, ${got}`, "write it as docs/reference/exercise.schema.json says"),
  ];
}

function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const shape = exerciseFileSchema.shape;
  if (path.length === 0) return Object.keys(shape);
  if (path[0] === "limits") return Object.keys(shape.limits.unwrap().shape);
  return ["ko", "en"];
}

async function readTexts(folder: string, name: string, findings: Finding[]): Promise<Texts> {
  const [ko, en] = await Promise.all(
    ["ko", "en"].map(async (language) => {
      const file = join(folder, `${name}.${language}.md`);
      const text = await readText(file, findings, {
        code: "exercise-no-text",
        fix: `write it in ${language === "ko" ? "Korean" : "English"}`,
      });
      if (text !== undefined && text.trim() === "")
        findings.push(finding("exercise-empty-text", { file }, "it is empty", "say what the reader has to know"));
      return text ?? "";
    }),
  );
  return { ko: ko ?? "", en: en ?? "" };
}

async function readDecoys(folder: string, findings: Finding[]): Promise<readonly NamedProgram[]> {
  const ids = await readFolders(join(folder, "decoys"), findings);
  return Promise.all(ids.map(async (id) => ({ id, files: (await readProgram(join(folder, "decoys", id), findings)) ?? {} })));
}

async function readVariants(folder: string, file: ExerciseFile | undefined, findings: Finding[]): Promise<readonly Variant[]> {
  const ids = await readFolders(join(folder, "variants"), findings);
  for (const named of Object.keys(file?.weights ?? {})) {
    if (ids.includes(named)) continue;
    const near = nearestName(named, ids);
    const place = { file: join(folder, "exercise.yml"), path: `weights.${named}` };
    findings.push(finding("exercise-weight", place, `there is no variant ${named}`, near ? `did you mean ${near}?` : "leave it out"));
  }
  return Promise.all(
    ids.map(async (id) => {
      const own = join(folder, "variants", id);
      const [files, why] = await Promise.all([readProgram(join(own, "src"), findings), readTexts(own, "why", findings)]);
      return { id, files: files ?? {}, why, weight: file?.weights[id] ?? 1 };
    }),
  );
}

async function readGenerator(folder: string, file: ExerciseFile | undefined, findings: Finding[]): Promise<SourceFile | undefined> {
  if (file === undefined) return undefined;
  const name = file.generator ?? (file.lang === "python" ? "generate.py" : "generate.ts");
  const isThere = (await readdir(folder).catch((): string[] => [])).includes(name);
  if (file.draft && file.generator === undefined && !isThere) return undefined;
  const fix = "write one that exports generate and observe: docs/guides/exercises.md";
  const text = await readText(join(folder, name), findings, { code: "exercise-no-generator", fix });
  return text === undefined ? undefined : { name: basename(name), text };
}

const fewestDecoys = 2;

interface Programs {
  readonly folder: string;
  readonly lang: Language | undefined;
  readonly reference: ProgramFiles | undefined;
  readonly decoys: readonly NamedProgram[];
  readonly variants: readonly Variant[];
  readonly fewestDecoys: number;
}

function checkPrograms({ folder, lang, reference, decoys, variants, fewestDecoys }: Programs, findings: Finding[]): void {
  if (decoys.length < fewestDecoys)
    findings.push(
      finding(
        "exercise-decoys",
        { file: join(folder, "decoys") },
        `there are ${decoys.length} decoys`,
        `write ${fewestDecoys} or more: the same behaviour by other code`,
      ),
    );
  if (variants.length === 0)
    findings.push(finding("exercise-variants", { file: join(folder, "variants") }, "there are no variants", "write one for each bug"));
  const main = lang === "python" ? "solution.py" : "solution.ts";
  const names = Object.keys(reference ?? {})
    .sort()
    .join(" ");
  if (lang !== undefined && reference !== undefined && !(main in reference))
    findings.push(finding("exercise-no-solution", { file: join(folder, "reference") }, `there is no ${main}`, `tests import ${main}`));
  const all = [
    ...decoys.map((one) => ({ ...one, at: `decoys/${one.id}` })),
    ...variants.map((one) => ({ ...one, at: `variants/${one.id}/src` })),
  ];
  for (const { files, at } of all) {
    const own = Object.keys(files).sort().join(" ");
    // What files there are would tell which program it is.
    if (own !== names)
      findings.push(
        finding(
          "exercise-files",
          { file: join(folder, at) },
          `it holds ${own || "nothing"} and the reference ${names}`,
          "give all programs the same files",
        ),
      );
    if (reference !== undefined && own === names && JSON.stringify(sorted(files)) === JSON.stringify(sorted(reference)))
      findings.push(finding("exercise-same", { file: join(folder, at) }, "it is the reference, word for word", "change it"));
  }
}

const sorted = (files: ProgramFiles) => Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));

const mostFiles = 50;
const fileLimitBytes = 256 * 1024;

async function readProgram(folder: string, findings: Finding[]): Promise<ProgramFiles | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => undefined);
  const names = entries
    ?.filter((one) => one.isFile() && !one.parentPath.includes("__pycache__"))
    .map((one) => relative(folder, join(one.parentPath, one.name)));
  if (names === undefined || names.length === 0) {
    findings.push(finding("exercise-no-program", { file: folder }, "there is no program", "put its files into this folder"));
    return undefined;
  }
  const texts = await Promise.all(
    names
      .slice(0, mostFiles)
      .map(
        async (name) =>
          [name, await readText(join(folder, name), findings, { code: "exercise-unreadable", fix: "make it readable" })] as const,
      ),
  );
  return Object.fromEntries(texts.map(([name, text]) => [name, text ?? ""]));
}

async function readOnlyFile(folder: string, findings: Finding[]): Promise<SourceFile | undefined> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name !== "__pycache__");
  const [name] = names;
  if (name === undefined || names.length > 1) {
    findings.push(finding("exercise-one-file", { file: folder }, `it holds ${names.length} files`, "put one file of tests there"));
    return undefined;
  }
  const text = await readText(join(folder, name), findings, { code: "exercise-unreadable", fix: "make it readable" });
  return text === undefined ? undefined : { name, text };
}

async function readFolders(folder: string, findings: Finding[]): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => !one.isDirectory()))
    findings.push(
      finding("exercise-stray-file", { file: join(folder, entry.name) }, "this is no folder", "give each program a folder of its own"),
    );
  return entries
    .filter((one) => one.isDirectory())
    .map((one) => one.name)
    .sort();
}

async function readText(file: string, findings: Finding[], { code, fix }: { code: string; fix: string }): Promise<string | undefined> {
  try {
    const found = await lstat(file);
    if (!found.isFile() || found.size > fileLimitBytes) {
      findings.push(
        finding(
          "exercise-file",
          { file },
          found.isFile() ? `it has ${found.size} bytes` : "it is no plain file",
          `put a file of at most ${fileLimitBytes} bytes there`,
        ),
      );
      return undefined;
    }
    return await readFile(file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error && error.code === "ENOENT" ? "it is not there" : String(error);
    findings.push(finding(code, { file }, why, fix));
    return undefined;
  }
}

function finding(code: string, place: Finding["place"], message: string, fix: string): Finding {
  return { severity: "error", code, place, message, fix };
}
