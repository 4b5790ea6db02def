import { nearestName } from "@dojang/model";
import { Command } from "commander";
import packageFile from "../../package.json" with { type: "json" };
import type { CommandContext } from "./command-context.ts";
import { type CommandRow, commandSections, hiddenCommands } from "./command-rows.ts";

/** The program, with the one command whole that `argv` asks for; of all others it has the name and what they do. */
export async function createProgram(context: CommandContext, argv: readonly string[]): Promise<Command> {
  const program = explainUsage(new Command("dojang"), "dojang")
    .description("Proves a change of a web system on a real, isolated copy of that system, and keeps the evidence.")
    .version(packageFile.version)
    .exitOverride()
    .showSuggestionAfterError()
    .enablePositionalOptions();
  const asked = askedCommand(argv);
  const add = async ({ name, does, load }: CommandRow, hidden = false) => {
    const command = name === asked ? (await load())(context) : new Command(name);
    inherit(command.description(does), program);
    program.addCommand(command, { hidden });
  };
  for (const [section, rows] of Object.entries(commandSections)) {
    program.commandsGroup(`${section}:`);
    for (const row of rows) await add(row);
  }
  for (const row of hiddenCommands) await add(row, true);
  // Commander answers `help` of a command that is not there with all there are, and no word of the mistake.
  if (isUnknownHelp(argv, program)) program.error(`error: there is no command '${asked}' to tell of${suggested(asked, program)}`);
  // Last, for it holds of this page alone: what a command takes is told by its own.
  return program
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .commandsGroup("And:")
    .helpCommand("help [command]", "Tell what a command takes, with an example; as does `dojang run --help`.")
    .addHelpText("after", "\nExample:\n  $ dojang init && dojang check && dojang run");
}

function isUnknownHelp(argv: readonly string[], program: Command): boolean {
  const [first, second] = argv.filter((word) => !word.startsWith("-"));
  return first === "help" && second !== undefined && second !== "help" && !program.commands.some((command) => command.name() === second);
}

function suggested(asked = "", program: Command): string {
  const near = nearestName(
    asked,
    program.commands.map((command) => command.name()),
  );
  return near === undefined ? "" : `\n(Did you mean ${near}?)`;
}

/** No option of the program's own takes a value, so that the first word is the command's. */
function askedCommand(argv: readonly string[]): string | undefined {
  const [first, second] = argv.filter((word) => !word.startsWith("-"));
  return first === "help" ? second : first;
}

/** Commands that are made apart do not take over the program's settings by themselves; nor do their own commands. */
function inherit(command: Command, parent: Command, before = parent.name()): void {
  const words = `${before} ${command.name()}`;
  explainUsage(command.copyInheritedSettings(parent), words);
  for (const each of command.commands) inherit(each, command, words);
}

/** A mistake in a command's words is told like a Problem: what is wrong, and where it stands how it should be. */
function explainUsage(command: Command, words: string): Command {
  return command
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "dojang:")) })
    .showHelpAfterError(`  fix: see what it takes: ${words} --help`);
}
