import { type Command, InvalidArgumentError, Option } from "commander";
import { providers } from "../authoring/model-connection.ts";
import { languages } from "../contract.ts";
import { type ApproveFlags, approve } from "./approve.ts";
import type { CommandContext } from "./command-context.ts";
import { drafts } from "./drafts.ts";
import { type MakeFlags, make } from "./make.ts";
import { type ProveFlags, prove } from "./prove.ts";

/** Exercises that a model writes: `make`, `drafts`, `prove`, `approve`. */
export function addAuthoringCommands(program: Command, context: CommandContext): void {
  const command = (name: string, description: string) =>
    program.command(name).description(description).option("--json", "writes the result as JSON").allowExcessArguments(false);
  const python = "the interpreter with pytest that guests run";
  command("make", "lets a model write exercises, proves them, and keeps what holds as drafts")
    .addOption(new Option("--lang <language>", "of programs and tests").choices([...languages]).makeOptionMandatory())
    .requiredOption("--topic <text>", "what the exercises are about")
    .requiredOption("--into <folder>", "of drafts; what was answered is kept there too")
    .addOption(new Option("--provider <name>", "whose format the model's address speaks").choices([...providers]).makeOptionMandatory())
    .requiredOption("--model <name>", "as the vendor or the server calls it")
    .option("--base-url <address>", "of the model: http://127.0.0.1:11434/v1; the vendor's own unless told")
    .option("--key-from <variable>", "the variable that holds the key; ANTHROPIC_API_KEY or OPENAI_API_KEY for the vendor's own address")
    .addOption(new Option("--budget <dollars>", "the most that all calls may cost").argParser(amount))
    .addOption(new Option("--budget-tokens <number>", "the most tokens that all calls may take, in and out").argParser(whole(1, 1e9)))
    .addOption(new Option("--price-in <dollars>", "for a million tokens of input, where the price is not known").argParser(amount))
    .addOption(new Option("--price-out <dollars>", "for a million tokens of output").argParser(amount))
    .addOption(new Option("--count <number>", "of exercises").argParser(whole(1, 50)).default(1))
    .addOption(new Option("--level <level>", "of all of them; as the topic asks for unless told").choices(["easy", "medium", "hard"]))
    .addOption(new Option("--repairs <number>", "how often a candidate is sent back with what is wrong").argParser(whole(0, 10)).default(2))
    .addOption(new Option("--max-output <number>", "tokens that one answer may have").argParser(whole(1_000, 200_000)).default(32_000))
    .addOption(new Option("--timeout <seconds>", "of one call").argParser(whole(1, 3_600)).default(900))
    .option("--record <folder>", "keeps and reuses answers there instead of in the drafts' folder")
    .addOption(new Option("--replay <folder>", "answers from there alone, without a network and a key").conflicts("record"))
    .option("--python <path>", python)
    .addHelpText("after", makeExample)
    .action((flags: MakeFlags) => make({ flags }, context));
  command("drafts", "lists what a model has written: proven, changed since, dropped")
    .argument("<folder>", "of drafts")
    .addHelpText("after", example("dojang-judge drafts exercises-drafts"))
    .action((folder: string, flags: { json?: boolean }) => drafts({ folder, flags }));
  command("prove", "proves a draft that a person has changed, with the second solution that is there")
    .argument("<draft>", "its folder")
    .option("--python <path>", python)
    .addHelpText("after", example("dojang-judge prove exercises-drafts/refund-limits"))
    .action((folder: string, flags: ProveFlags) => prove({ folder, flags }, context));
  command("approve", "shows what to look at in a draft; with --by it goes to the exercises")
    .argument("<draft>", "its folder")
    .option("--into <folder>", "of exercises")
    .option("--by <name>", "who has looked at it and lets it pass")
    .addHelpText("after", example("dojang-judge approve exercises-drafts/refund-limits --into exercises --by 'Kim Min-ji'"))
    .action((folder: string, flags: ApproveFlags) => approve({ folder, flags }));
}

function amount(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value <= 1e6) return value;
  throw new InvalidArgumentError("it has to be an amount of US dollars, as 2 or 0.50");
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`it has to be a whole number from ${least} to ${most}`);
  };
}

const example = (line: string) => `
Example:
  $ ${line}`;

const makeExample = `
Examples:
  $ export ANTHROPIC_API_KEY=...
  $ dojang-judge make --lang python --topic "refund limits" --count 3 --provider anthropic --model claude-opus-5-5 --budget 5.00 --into exercises-drafts
  $ dojang-judge make --lang python --topic "refund limits" --provider openai-compatible --base-url http://127.0.0.1:11434/v1 --model qwen3-coder --budget-tokens 300000 --into exercises-drafts

Ends with 0 when all are proven, 1 when one was dropped or the budget ended first, 2 for a mistake in flags, 3 when no answer was to be had.
Started again after any of these, it pays for nothing twice.`;
