import { Problem } from "@dojang/model";
import { Command } from "commander";
import { addToGroup, readGroups, removeFromGroup } from "../store/people.ts";
import type { CommandContext } from "./command-context.ts";
import { say } from "./say.ts";
import { openSession } from "./session.ts";

export function peopleCommand(context: CommandContext): Command {
  const command = new Command("people").addHelpText("after", "\nExample: dojang people add maintainers mina");
  command
    .command("list", { isDefault: true })
    .description("Groups and who is in them.")
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExample: dojang people --json")
    .action(async ({ json }: { json: boolean }) => {
      await using session = await open(context);
      const groups = await readGroups(session.store);
      if (json) process.stdout.write(`${JSON.stringify(groups)}\n`);
      else for (const [group, people] of Object.entries(groups)) process.stdout.write(`${group}: ${people.join(", ")}\n`);
      if (!json && Object.keys(groups).length === 0) process.stderr.write("no group yet; dojang people add maintainers NAME makes one\n");
    });
  command
    .command("add")
    .description("Put a person into a group.")
    .argument("<group>", "as `approval.by` names it")
    .argument("<person>", "the login name on this machine")
    .addHelpText("after", "\nExample: dojang people add maintainers mina")
    .action(async (group: string, person: string) => {
      await using session = await open(context);
      await addToGroup(session.store, { group: named(group, "group"), person: named(person, "person") });
      process.stdout.write(`${person} is in ${group}\n`);
    });
  command
    .command("remove")
    .description("Take a person out of a group.")
    .argument("<group>", "the group")
    .argument("<person>", "the login name")
    .addHelpText("after", "\nExample: dojang people remove maintainers mina")
    .action(async (group: string, person: string) => {
      await using session = await open(context);
      const was = await removeFromGroup(session.store, { group: named(group, "group"), person: named(person, "person") });
      process.stdout.write(was ? `${person} is no longer in ${group}\n` : `${person} was not in ${group}\n`);
    });
  return command;
}

const open = (context: CommandContext) => openSession({ context, say });

function named(text: string, what: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/.test(text)) return text;
  throw new Problem({
    code: "name-invalid",
    message: `a ${what}'s name is of letters, digits and . _ @ + -, got "${text.slice(0, 60)}"`,
    fix: "write the login name, such as mina",
    exit: "configuration",
  });
}
