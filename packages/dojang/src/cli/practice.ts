import { resolve } from "node:path";
import { createEngine, judgeSubmission, spokenLanguages } from "@dojang/judge";
import { exitCodes } from "@dojang/model";
import { Command, Option } from "commander";
import { personOf } from "../deployments/people.ts";
import { readShelf, shelfFolder, takeExercise } from "../practice/exercise-shelf.ts";
import { gradeAttempt, killedIds } from "../practice/graded-attempt.ts";
import { readNote, readTests, startFolder } from "../practice/learner-folder.ts";
import { gradedText, listText, outcomeText } from "../practice/practice-text.ts";
import { practiceWords, type SpokenLanguage, spokenLanguage, waitingText } from "../practice/practice-words.ts";
import { isPassed, tryTests } from "../practice/try-tests.ts";
import { addAttempt, readProgress } from "../store/practice.ts";
import type { CommandContext } from "./command-context.ts";
import { openStoreOf } from "./open-store.ts";
import { say } from "./say.ts";

interface PracticeFlags {
  readonly json: boolean;
  readonly lang?: SpokenLanguage;
  readonly exercises?: string;
  readonly python?: string;
}

export function practiceCommand(context: CommandContext): Command {
  // Before the subcommands, which take these settings over when they are made.
  const command = new Command("practice").exitOverride().showSuggestionAfterError().addHelpText("after", examples);
  const add = (name: string, description: string, example: string) =>
    command
      .command(name)
      .description(description)
      .option("--json", "as JSON", false)
      .addOption(new Option("--lang <language>", "Korean or English; what LANG says unless told").choices([...spokenLanguages]))
      .option("--exercises <folder>", "where exercises are; those that come with Dojang unless told")
      .addHelpText("after", `\nExample: dojang practice ${example}`);
  add("list", "Exercises, and how far you are.", "list --lang ko").action((flags: PracticeFlags) => list(flags, context));
  add("start", "Begin an exercise: its statement and a file of tests to go on with.", "start ticket-price")
    .argument("<exercise>", "as `list` names it")
    .argument("[folder]", "new or empty; named after the exercise unless told")
    .action((id: string, folder: string | undefined, flags: PracticeFlags) => start({ id, folder: folder ?? id, flags }, context));
  const python = "the interpreter with pytest that tests are run with";
  add("test", "Run your tests on the correct program, and only on it.", "test ticket-price")
    .argument("[folder]", "of the exercise", ".")
    .option("--python <path>", python)
    .action((folder: string, flags: PracticeFlags) => test({ folder, flags }, context));
  add("submit", "Grade your tests by the bugs they catch.", "submit ticket-price")
    .argument("[folder]", "of the exercise", ".")
    .option("--python <path>", python)
    .action((folder: string, flags: PracticeFlags) => submit({ folder, flags }, context));
  return command;
}

const examples = `
Example:
  $ dojang practice start ticket-price
  $ dojang practice test ticket-price
  $ dojang practice submit ticket-price --lang ko

test and submit end with 0 when all is well, 1 when not, 2 for a mistake in flags or files, 3 when the machine could not run it;
start ends with 4 when the folder is not empty.`;

async function list(flags: PracticeFlags, context: CommandContext): Promise<void> {
  const lang = spokenLanguage(flags.lang, context.environment);
  const { exercises, broken } = await readShelf(shelfFolder(flags.exercises, context.environment));
  await using store = await openPracticeStore(context, lang);
  const progress = await readProgress(store.store, personOf(context.environment));
  for (const { message } of broken) say(message);
  const rows = exercises.map(({ id, level, lang: language, title, learn, variants }) => {
    const done = progress.get(id) ?? { attempts: 0, bestScore: 0, accepted: false, caught: [] };
    return { id, level, language, title: title[lang], learn: learn[lang], variants: variants.length, ...done };
  });
  process.stdout.write(flags.json ? `${JSON.stringify(rows)}\n` : listText(exercises, { progress, lang }));
}

interface StartOptions {
  readonly id: string;
  readonly folder: string;
  readonly flags: PracticeFlags;
}

async function start({ id, folder, flags }: StartOptions, { environment }: CommandContext): Promise<void> {
  const lang = spokenLanguage(flags.lang, environment);
  const exercise = await takeExercise(shelfFolder(flags.exercises, environment), id);
  const files = await startFolder({ exercise, folder: resolve(folder), lang });
  const { title, learn, statement } = exercise;
  if (flags.json) process.stdout.write(`${JSON.stringify({ exercise: id, folder: resolve(folder), files, lang })}\n`);
  else {
    const words = practiceWords[lang];
    const parts = [`${title[lang]}: ${learn[lang]}`, statement[lang].trim(), words.started(folder, files), words.next(folder)];
    process.stdout.write(`${parts.join("\n\n")}\n`);
  }
}

interface FolderOptions {
  readonly folder: string;
  readonly flags: PracticeFlags;
}

async function test({ folder, flags }: FolderOptions, { environment, signal }: CommandContext): Promise<void> {
  const { exercise, tests, lang } = await readWork({ folder, flags }, environment);
  await using engine = await openEngine(exercise.lang, flags);
  const outcome = await tryTests({ exercise, tests, engine: engine.engine, signal });
  if ("unreadable" in outcome) {
    const { message, line } = outcome.unreadable;
    process.stdout.write(flags.json ? `${JSON.stringify(outcome)}\n` : `${practiceWords[lang].unreadable(message, line)}\n`);
    process.exitCode = exitCodes.failed;
    return;
  }
  process.stdout.write(flags.json ? `${JSON.stringify(outcome)}\n` : outcomeText(outcome, { lang, folder }));
  process.exitCode = isPassed(outcome) ? exitCodes.passed : exitCodes.failed;
}

async function submit({ folder, flags }: FolderOptions, context: CommandContext): Promise<void> {
  const { environment, signal } = context;
  const { exercise, tests, lang } = await readWork({ folder, flags }, environment);
  await using store = await openPracticeStore(context, lang);
  await using engine = await openEngine(exercise.lang, flags);
  const judgement = await judgeSubmission({ exercise, submission: tests, engine: engine.engine, signal });
  const person = personOf(environment);
  const earlier = (await readProgress(store.store, person)).get(exercise.id)?.caught ?? [];
  const { verdict, score } = judgement;
  // The judge's own failure is not the learner's.
  if (verdict !== "internal") {
    const killed = killedIds(judgement);
    await addAttempt(store.store, { person, exercise: exercise.id, verdict, score, killed, tests: judgement.tests.length });
  }
  const graded = gradeAttempt({ exercise, judgement, earlier, lang });
  process.stdout.write(flags.json ? `${JSON.stringify(graded)}\n` : gradedText(graded, lang));
  if (verdict === "accepted") process.exitCode = exitCodes.passed;
  else process.exitCode = verdict === "internal" ? exitCodes.infrastructure : exitCodes.failed;
}

async function readWork({ folder, flags }: FolderOptions, environment: CommandContext["environment"]) {
  const note = await readNote(resolve(folder));
  const exercise = await takeExercise(shelfFolder(flags.exercises, environment), note.exercise);
  return { exercise, tests: await readTests(resolve(folder), note), lang: flags.lang ?? note.lang };
}

async function openPracticeStore(context: CommandContext, lang: SpokenLanguage) {
  const store = await openStoreOf({ context, say: (text) => say(waitingText(text, lang)) });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

async function openEngine(language: Parameters<typeof createEngine>[0], { python }: PracticeFlags) {
  const engine = await createEngine(language, { python });
  return { engine, [Symbol.asyncDispose]: () => engine.close() };
}
