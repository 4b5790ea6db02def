import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { commandSections } from "./command-rows.ts";
import { createProgram } from "./program.ts";

const names = Object.values(commandSections).flatMap((rows) => rows.map(({ name }) => name));

interface Leaf {
  readonly words: string;
  readonly command: Command;
}

/** A command that does something, with the words that lead to it. */
function leavesOf(command: Command, before: string): readonly Leaf[] {
  const words = `${before} ${command.name()}`;
  return command.commands.length === 0 ? [{ words, command }] : command.commands.flatMap((each) => leavesOf(each, words));
}

async function leaves(name: string): Promise<readonly Leaf[]> {
  const program = await createProgram({ signal: new AbortController().signal, environment: {} }, [name]);
  const command = program.commands.find((each) => each.name() === name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  return leavesOf(command, "dojang");
}

function pageOf(command: Command): string {
  let page = "";
  command.configureOutput({ writeOut: (text) => (page += text) }).outputHelp();
  return page;
}

describe.for(names)("dojang %s", (name) => {
  test("says what it does, with an example of its own words", async () => {
    for (const { words, command } of await leaves(name)) {
      const page = pageOf(command);
      expect(command.description(), words).toMatch(/^\p{Lu}.*\.$/u);
      expect(page, words).toMatch(/Examples?:/);
      // A group's first command is also written without its own name.
      const [, group, own] = words.split(" ");
      const spoken = own === undefined ? [words] : [words, `dojang ${group} `];
      expect(
        spoken.some((each) => page.slice(page.indexOf("Example")).includes(each)),
        `${words}:\n${page}`,
      ).toBe(true);
    }
  });

  test("names its flags as the others do", async () => {
    for (const { words, command } of await leaves(name)) {
      const takes = (long: string) => command.options.some((option) => option.long === long);
      const argument = (text: string) => command.registeredArguments.some((each) => each.name() === text);
      if (argument("environment")) expect(takes("--directory"), words).toBe(true);
      expect(takes("--directory") && argument("directory"), words).toBe(false);
      for (const { long, short, description } of command.options) {
        expect(description, `${words} ${long}`).not.toBe("");
        if (long === "--directory") expect(short, words).toBe("-C");
      }
    }
  });
});

test("help of a command that is not there says so, with the nearest", async () => {
  const context = { signal: new AbortController().signal, environment: {} };
  await expect(createProgram(context, ["help", "rnu"])).rejects.toThrow(/no command 'rnu' to tell of\n\(Did you mean run\?\)/);
  await expect(createProgram(context, ["help", "help"])).resolves.toBeDefined();
});

test("only the command that is asked for is whole; the help of another names it and what it does", async () => {
  const program = await createProgram({ signal: new AbortController().signal, environment: {} }, ["help", "people"]);
  const whole = program.commands.filter((each) => each.commands.length > 0 || each.options.length > 0);
  expect(whole.map((each) => each.name())).toEqual(["people"]);
  expect(pageOf(program)).toMatch(/^ {2}deploy +Bring a release/m);
});
