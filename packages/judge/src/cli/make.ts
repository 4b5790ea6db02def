import { resolve } from "node:path";
import { exitCodes, Problem } from "@dojang/model";
import { callsFolder } from "../authoring/draft-shelf.ts";
import { type MadeExercise, makeExercises } from "../authoring/make-exercises.ts";
import { openConnection, type ProviderName } from "../authoring/model-connection.ts";
import { findPrice, noPrice } from "../authoring/model-price.ts";
import { plainText } from "../authoring/plain-text.ts";
import { Spending, spentText } from "../authoring/spending.ts";
import type { Exercise, Language } from "../contract.ts";
import { createEngine } from "../engines/engines.ts";
import type { CommandContext } from "./command-context.ts";

export interface MakeFlags {
  readonly lang: Language;
  readonly topic: string;
  readonly level?: Exercise["level"];
  readonly count: number;
  readonly provider: ProviderName;
  readonly model: string;
  readonly baseUrl?: string;
  readonly keyFrom?: string;
  readonly budget?: number;
  readonly budgetTokens?: number;
  readonly priceIn?: number;
  readonly priceOut?: number;
  readonly maxOutput: number;
  readonly repairs: number;
  readonly timeout: number;
  readonly into: string;
  readonly record?: string;
  readonly replay?: string;
  readonly json?: boolean;
  readonly python?: string;
}

export async function make({ flags }: { readonly flags: MakeFlags }, { signal }: CommandContext): Promise<void> {
  const shelf = { folder: resolve(flags.into) };
  const { provider, model, baseUrl, keyFrom, topic, lang, level, count, repairs } = flags;
  const records = resolve(flags.replay ?? flags.record ?? callsFolder(shelf));
  const replayOnly = flags.replay !== undefined;
  const connection = openConnection(
    { provider, model, baseUrl, keyFrom, records, replayOnly, timeoutMs: flags.timeout * 1000 },
    process.env,
  );
  const question = { host: connection.baseUrl.host, model, given: { input: flags.priceIn, output: flags.priceOut } };
  const price = findPrice(question);
  if (flags.budget !== undefined && price === undefined) throw noPrice(question);
  if (flags.budget === undefined && flags.budgetTokens === undefined && !replayOnly) throw noCap();
  const spending = new Spending({ price, capUsd: flags.budget, capTokens: flags.budgetTokens });
  const engine = await createEngine(lang, flags);
  const tell = (line: string) => process.stderr.write(`${plainText(line)}\n`);
  let proven = 0;
  try {
    const options = {
      connection,
      spending,
      price,
      topic,
      lang,
      level,
      count,
      repairs,
      shelf,
      engine,
      signal,
      tell,
      maxOutputTokens: flags.maxOutput,
    };
    for await (const one of makeExercises({ ...options, retryWaitMs: 1_000 })) {
      if (one.kind === "proven") proven += 1;
      process.stdout.write(flags.json ? `${JSON.stringify(one)}\n` : plainText(madeText(one)));
    }
  } finally {
    await engine.close();
    const spent = spending.spent();
    process.stdout.write(flags.json ? `${JSON.stringify({ kind: "spent", ...spent })}\n` : `spent ${spentText(spent)}\n`);
  }
  process.exitCode = proven === count ? exitCodes.passed : exitCodes.failed;
}

function madeText(one: MadeExercise): string {
  if (one.kind === "stopped")
    return `STOPPED before exercise ${one.number} was done: ${one.reason}\n  what was answered is kept: the same command with a larger budget goes on with it\n`;
  const sentBack =
    one.made.repairs.length === 0 ? "" : `, sent back ${one.made.repairs.length === 1 ? "once" : `${one.made.repairs.length} times`}`;
  if (one.kind === "dropped") {
    const { reason, findings } = one.made.dropped ?? { reason: "", findings: [] };
    return `${[`DROPPED  ${one.id}: ${reason}`, ...findings.slice(0, 5).map((line) => `  ${line.split("\n")[0]}`), `  kept in ${one.folder}`].join("\n")}\n`;
  }
  if (one.earlier)
    return `there    ${one.id}: made before${one.made.state === "approved" ? `, approved by ${one.made.approved?.by}` : ""}\n`;
  const { knownTests, variants, agreeing, inputs } = one.made.proof ?? { knownTests: 0, variants: 0, agreeing: 0, inputs: 0 };
  return `proven   ${one.id}: ${knownTests} known tests, ${variants} variants, a second solution agrees on ${agreeing} of ${inputs} inputs${sentBack}\n  look at it: dojang-judge approve ${one.folder}\n`;
}

function noCap(): Problem {
  return new Problem({
    code: "make-no-cap",
    exit: "configuration",
    message: "nothing says how much may be spent",
    fix: "give --budget (US dollars) or --budget-tokens",
  });
}
