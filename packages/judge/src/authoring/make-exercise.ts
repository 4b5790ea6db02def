import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import type { MadeFile } from "../exercise/made-file.ts";
import { askModel, type ModelAnswer } from "./ask-model.ts";
import { type Candidate, candidateFlaws, candidateSchema, secondSolutionSchema } from "./candidate.ts";
import { candidateFiles, programFile } from "./candidate-files.ts";
import { compareSolutions } from "./compare-solutions.ts";
import { contentHash, keepDropped, keepProven, openWork } from "./draft-shelf.ts";
import { type Finding, findingsText } from "./finding.ts";
import type { MadeExercise, MakeOptions, MakePrompts } from "./make-exercises.ts";
import { fillPrompt } from "./prompt-file.ts";
import { proveExercise } from "./prove-exercise.ts";

export interface MakeOne extends MakeOptions {
  readonly prompts: MakePrompts;
  /** The filled prompt of the candidate. */
  readonly task: string;
  readonly order: string;
  spent(): MadeFile["spent"];
}

/** One candidate, until it holds or is given up. */
export async function makeExercise(options: MakeOne): Promise<Exclude<MadeExercise, { readonly kind: "stopped" }>> {
  const { prompts, task, shelf, order, repairs, tell } = options;
  const sentBack: { found: string[] }[] = [];
  let prompt = { name: prompts.make.name, text: task };
  let title: Candidate["title"] | undefined;
  for (;;) {
    const answer = await ask(options, candidateSchema, { name: "exercise", prompt });
    if (answer.kind === "answer") title = answer.value.title;
    const looked = await lookAt(options, answer);
    const made = { order, title, by: madeBy(options), repairs: sentBack };
    if (looked.proof !== undefined) {
      const { id, folder } = looked.work;
      const proven: MadeFile = {
        state: "proven",
        ...made,
        spent: options.spent(),
        proof: { content: await contentHash(folder), ...looked.proof },
      };
      return { kind: "proven", id, folder: await keepProven(shelf, { id, folder, made: proven }), made: proven, earlier: false };
    }
    const found = looked.findings.map((one) => `${one.place}: ${one.message}`);
    if (answer.kind === "refused" || sentBack.length >= repairs) {
      const reason =
        repairs === 0 || answer.kind === "refused"
          ? looked.stage
          : `${looked.stage}, and ${repairs === 1 ? "one repair" : `${repairs} repairs`} did not help`;
      const dropped: MadeFile = {
        state: "dropped",
        ...made,
        spent: options.spent(),
        dropped: { reason, findings: found, secondSolution: looked.secondSolution },
      };
      const id = looked.work?.id ?? `answer-${order.slice(0, 8)}`;
      const text = answer.kind === "refused" ? answer.message : answer.text;
      const folder = await keepDropped(shelf, {
        id,
        folder: looked.work?.folder,
        answer: looked.work === undefined ? text : undefined,
        made: dropped,
      });
      return { kind: "dropped", id, folder, made: dropped };
    }
    sentBack.push({ found });
    tell(`  ${looked.stage}: sent back with ${found.length === 1 ? "one finding" : `${found.length} findings`}`);
    for (const line of found.slice(0, 5)) tell(`    ${line.split("\n")[0]?.slice(0, 200)}`);
    prompt = {
      name: prompts.repair.name,
      text: fillPrompt(prompts.repair, { task, answer: answer.text, findings: findingsText(looked.findings) }),
    };
  }
}

interface Work {
  readonly id: string;
  readonly folder: string;
}

type Looked =
  | { readonly proof: Omit<NonNullable<MadeFile["proof"]>, "content">; readonly work: Work }
  | {
      readonly proof?: undefined;
      readonly stage: string;
      readonly findings: readonly Finding[];
      readonly work?: Work;
      readonly secondSolution?: string;
    };

/** From what costs nothing to what costs most; each only when the one before holds. */
async function lookAt(options: MakeOne, answer: ModelAnswer<Candidate>): Promise<Looked> {
  const { shelf, lang, order, engine, signal, tell } = options;
  if (answer.kind === "refused")
    return { stage: "the model refuses to write it", findings: [{ place: "answer", message: answer.message }] };
  if (answer.kind === "malformed") return { stage: "its answer is malformed", findings: answer.findings };
  const flaws = candidateFlaws(answer.value);
  if (flaws.length > 0) return { stage: "its answer is incomplete", findings: flaws };
  const work = await openWork(shelf, { id: answer.value.id, order, files: (id) => candidateFiles(answer.value, { id, lang }) });
  tell(`  proving ${work.id}`);
  const proven = await proveExercise({ folder: work.folder, engine, signal });
  if (proven.findings.length > 0 || proven.exercise === undefined) return { stage: "its proof fails", findings: proven.findings, work };
  tell("  asking for a second solution, from the statement alone");
  const second = await solveStatement(options, work.folder);
  if ("findings" in second) return { stage: second.stage, findings: second.findings, work };
  const compared = await compareSolutions({ exercise: proven.exercise, second: { [programFile[lang]]: second.solution }, engine, signal });
  if (compared.findings.length > 0)
    return {
      stage: "an independent second solution disagrees with it",
      findings: compared.findings,
      work,
      secondSolution: second.solution,
    };
  const { agreeing, inputs } = compared;
  return {
    proof: { knownTests: proven.knownTests, variants: proven.exercise.variants.length, agreeing, inputs, secondSolution: second.solution },
    work,
  };
}

type Solved = { readonly solution: string } | { readonly stage: string; readonly findings: readonly Finding[] };

/** A call of its own: it is told the statement in both languages, and nothing else of the exercise. */
async function solveStatement(options: MakeOne, folder: string): Promise<Solved> {
  const { prompts, lang, repairs } = options;
  const read = (path: string) => readFile(join(folder, path), "utf8");
  const task = fillPrompt(prompts.solve, {
    file: programFile[lang],
    language: prompts.language.text,
    english: (await read("statement.en.md")).trim(),
    korean: (await read("statement.ko.md")).trim(),
  });
  let prompt = { name: prompts.solve.name, text: task };
  for (let attempt = 0; ; attempt++) {
    const answer = await ask(options, secondSolutionSchema, { name: "second_solution", prompt });
    if (answer.kind === "answer") {
      const { solution, contradictions } = answer.value;
      if (contradictions.length === 0) return { solution: `${solution.trimEnd()}\n` };
      return {
        stage: "its statements contradict each other",
        findings: contradictions.map((message) => ({ place: "statement", message })),
      };
    }
    if (answer.kind === "refused")
      return { stage: "the model refuses to solve it", findings: [{ place: "second solution", message: answer.message }] };
    if (attempt >= repairs) return { stage: "there is no second solution that can be read", findings: answer.findings };
    prompt = {
      name: prompts.repair.name,
      text: fillPrompt(prompts.repair, { task, answer: answer.text, findings: findingsText(answer.findings) }),
    };
  }
}

interface Asked {
  readonly name: string;
  readonly prompt: { readonly name: string; readonly text: string };
}

function ask<Value>(
  { connection, spending, maxOutputTokens, retryWaitMs, signal, tell }: MakeOne,
  schema: z.ZodType<Value>,
  { name, prompt }: Asked,
) {
  const promptName = prompt.name;
  return askModel({
    connection,
    spending,
    maxOutputTokens,
    retryWaitMs,
    signal,
    tell,
    schema,
    schemaName: name,
    promptName,
    prompt: prompt.text,
  });
}

function madeBy({ connection, topic, prompts, price }: MakeOne): MadeFile["by"] {
  const used = Object.values(prompts).map(({ name, version, hash }: MakePrompts[keyof MakePrompts]) => ({ name, version, hash }));
  return { provider: connection.provider, model: connection.model, topic, prompts: used, ...(price === undefined ? {} : { price }) };
}
