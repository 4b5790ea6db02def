import { createHash } from "node:crypto";
import type { Exercise, Language } from "../contract.ts";
import type { Engine } from "../engines/engine.ts";
import type { MadeFile } from "../exercise/made-file.ts";
import type { AskOptions } from "./ask-model.ts";
import { type DraftShelf, findByOrder } from "./draft-shelf.ts";
import { lockFolder } from "./folder-lock.ts";
import { makeExercise } from "./make-exercise.ts";
import type { ModelPrice } from "./model-price.ts";
import { fillPrompt, loadPrompt, type Prompt } from "./prompt-file.ts";
import { BudgetReached, spentSince } from "./spending.ts";

/**
 * Exercises of a topic, one after the other: a model writes a candidate; it is read, written down and proven as any exercise is; the model
 * writes a second solution from the statement alone, which has to agree; what fails goes back with what was found, a few times;
 * what then holds becomes a draft, and what does not is kept as dropped with the reason. Nothing here lets an exercise pass: a person does.
 *
 * Started again with the same order, it asks nothing twice: drafts that are there are left alone, and answers come from the records.
 */
export interface MakeOptions
  extends Pick<AskOptions<unknown>, "connection" | "spending" | "maxOutputTokens" | "retryWaitMs" | "signal" | "tell"> {
  readonly lang: Language;
  readonly topic: string;
  readonly level?: Exercise["level"];
  readonly count: number;
  /** How often a candidate is sent back. */
  readonly repairs: number;
  readonly shelf: DraftShelf;
  readonly engine: Engine;
  readonly price?: ModelPrice;
}

export type MadeExercise =
  | {
      readonly kind: "proven";
      readonly id: string;
      readonly folder: string;
      readonly made: MadeFile;
      /** It was there already. */
      readonly earlier: boolean;
    }
  | { readonly kind: "dropped"; readonly id: string; readonly folder: string; readonly made: MadeFile }
  | { readonly kind: "stopped"; readonly number: number; readonly reason: string };

export interface MakePrompts {
  readonly make: Prompt;
  readonly repair: Prompt;
  readonly solve: Prompt;
  readonly language: Prompt;
}

export async function* makeExercises(options: MakeOptions): AsyncGenerator<MadeExercise> {
  const { shelf, spending, topic, lang, level, count, tell } = options;
  await using _ = await lockFolder(shelf.folder);
  const prompts = await loadPrompts(lang);
  const titles: string[] = [];
  for (let number = 1; number <= count; number++) {
    const order = orderHash(options, prompts, number);
    const known = await findByOrder(shelf, order);
    if (known !== undefined) {
      const { spent, title } = known.made;
      spending.add(spent, { earlier: true, calls: spent.calls });
      if (title !== undefined) titles.push(title.en);
      yield { kind: "proven", ...known, earlier: true };
      continue;
    }
    const task = fillPrompt(prompts.make, {
      topic,
      level: level ?? "easy, medium or hard, as the topic asks for",
      language: prompts.language.text,
      before: titles.length === 0 ? "Nothing yet." : titles.map((title) => `- ${title}`).join("\n"),
    });
    tell(`exercise ${number} of ${count}: asking ${options.connection.model}`);
    const before = spending.spent();
    try {
      const one = await makeExercise({ ...options, prompts, task, order, spent: () => spentSince(before, spending.spent()) });
      if (one.made.title !== undefined) titles.push(one.made.title.en);
      yield one;
    } catch (error) {
      if (!(error instanceof BudgetReached)) throw error;
      yield { kind: "stopped", number, reason: error.message };
      return;
    }
  }
}

async function loadPrompts(lang: Language): Promise<MakePrompts> {
  const [make, repair, solve, language] = await Promise.all([
    loadPrompt("make-exercise", 1),
    loadPrompt("repair-answer", 1),
    loadPrompt("solve-statement", 1),
    loadPrompt(`language-${lang}`, 1),
  ]);
  return { make, repair, solve, language };
}

/** All that decides what the model is asked for first. */
function orderHash({ lang, topic, level, connection, maxOutputTokens }: MakeOptions, prompts: MakePrompts, number: number): string {
  const { provider, model } = connection;
  const hashes = Object.values(prompts).map((one: Prompt) => one.hash);
  const text = JSON.stringify([lang, topic, level ?? null, number, provider, model, maxOutputTokens, hashes]);
  return createHash("sha256").update(text).digest("hex");
}
