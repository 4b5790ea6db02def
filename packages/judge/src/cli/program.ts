import { Command, InvalidArgumentError, Option } from "commander";
import packageFile from "../../package.json" with { type: "json" };
import { spokenLanguages } from "../contract.ts";
import { addAuthoringCommands } from "./authoring-commands.ts";
import { type CheckFlags, check } from "./check.ts";
import type { CommandContext } from "./command-context.ts";
import { type ImportFlags, importExercises } from "./import.ts";
import { type MatrixFlags, matrix } from "./matrix.ts";
import { type SubmitFlags, submit } from "./submit.ts";

export function createProgram(context: CommandContext): Command {
  const program = new Command("dojang-judge")
    .description("Grades tests by the bugs they catch.")
    .version(`dojang-judge ${packageFile.version}`, "--version")
    .helpOption("--help", "shows this")
    .exitOverride()
    // A mistake in the words is told like a Problem: what is wrong, and where it stands how it should be.
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "dojang-judge:")) })
    .showHelpAfterError("  fix: see what it takes: dojang-judge --help")
    .showSuggestionAfterError()
    .allowExcessArguments(false)
    .addHelpText("after", examples);
  const command = (name: string, description: string) => {
    const made = program.command(name).description(description).option("--json", "writes the result as JSON");
    return made.option("--python <path>", "the interpreter with pytest that guests run").allowExcessArguments(false);
  };
  command("submit", "grades a file of tests")
    .argument("<exercise>", "folder of the exercise")
    .argument("<file>", "the tests")
    .option("--seed <number>", "repeats the order of runs of an earlier judgement", Number)
    .option("--strict", "a new sandbox for each run: slower, and no run can tell another anything")
    .addOption(new Option("--lang <language>", "of what is explained").choices([...spokenLanguages]).default("en"))
    .action((folder: string, file: string, flags: SubmitFlags) => submit({ folder, file, flags }, context));
  command("check", "proves exercises: that their tests, variants, decoys and generator are what they have to be")
    .argument("<exercise...>", "folders of exercises")
    .action((folders: string[], flags: CheckFlags) => check({ folders, flags }, context));
  command("matrix", "shows which tests fail on which variant")
    .argument("<exercise>", "folder of the exercise")
    .argument("[file]", "the tests; the known ones when none is named")
    .action((folder: string, file: string | undefined, flags: MatrixFlags) => matrix({ folder, file, flags }, context));
  command("import", "makes exercises of a folder of correct programs, buggy versions and tests")
    .argument("<folder>", "of the collection")
    .requiredOption("--correct <pattern>", "the correct programs: {name} is the exercise, * and ** anything")
    .requiredOption("--buggy <pattern>", "the buggy versions of {name}: each file is a variant")
    .requiredOption("--tests <pattern>", "the one file of tests of {name}")
    .requiredOption("--into <folder>", "where folders of exercises are made")
    .option("--imported-as <pattern>", "the path by which Python's tests import a program; its file's name unless told")
    .option("--support <pattern...>", "further files that programs or tests read; {name} may be missing where all share them")
    .option("--except <pattern...>", "what is left alone, whatever else matches")
    .option("--before <lines>", "put before the tests: what the collection's own configuration sets up")
    .addOption(new Option("--time <ms>", "of one run of the tests on one program").argParser(milliseconds))
    .addOption(new Option("--level <level>", "of all of them").choices(["easy", "medium", "hard"]).default("medium"))
    .option("--no-check", "writes them without a proof")
    .addHelpText("after", importExample)
    .action((folder: string, flags: ImportFlags) => importExercises({ folder, flags }, context));
  addAuthoringCommands(program, context);
  return program;
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 100 && value <= 60_000) return value;
  throw new InvalidArgumentError("it has to be a whole number from 100 to 60000");
}

const importExample = `
Example:
  $ dojang-judge import shapes --correct 'src/{name}.py' --buggy 'bugs/{name}/*.py' --tests 'tests/test_{name}.py' --into exercises

Ends with 0 when every one was made, 1 when one was refused.`;

const examples = `
Examples:
  $ dojang-judge submit exercises/leap-year my_tests.py
  $ dojang-judge submit exercises/leap-year my_tests.py --lang ko --json
  $ dojang-judge submit exercises/leap-year my_tests.py --strict
  $ dojang-judge check exercises/*
  $ dojang-judge matrix exercises/leap-year

Ends with 0 when it was accepted (or proven), 1 when not, 2 for a mistake in flags or files, 3 when the machine could not run it.`;
