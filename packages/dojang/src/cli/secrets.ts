import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { exitCodes, nameAdvice, Problem } from "@dojang/model";
import { Command } from "commander";
import { loadProject } from "../config/load-project.ts";
import { listSecrets, removeSecret, setSecret } from "../sites/secrets.ts";
import { siteOf } from "../sites/site.ts";
import type { CommandContext } from "./command-context.ts";
import { say } from "./say.ts";
import { openSession, type Session } from "./session.ts";

interface Flags {
  readonly directory: string;
}

export function secretsCommand(context: CommandContext): Command {
  const command = new Command("secrets").addHelpText("after", "\nExample: dojang secrets set production JWT_SECRET --generate");
  command
    .command("set")
    .description("Give a secret its value: on standard input, or typed unseen at a terminal.")
    .argument("<environment>", "as dojang.yml names it")
    .argument("<name>", "one of its `secrets`")
    .option("-C, --directory <folder>", "the project", ".")
    .option("--generate", "a random value that nobody has to know: 48 bytes", false)
    .option("--only-missing", "leave a value that is there", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ dojang secrets set production JWT_SECRET --generate\n  $ pass show todo/mail | dojang secrets set production MAIL_PASSWORD",
    )
    .action(async (environment: string, name: string, flags: Flags & { generate: boolean; onlyMissing: boolean }) => {
      await using session = await openSession({ context, say });
      const site = await siteFor(context, session, { environment, ...flags });
      if (!site.definition.secrets.includes(name)) throw notListed(environment, name, site.definition.secrets);
      const isThere = (await listSecrets(session.store, site.id)).some((one) => one.name === name);
      if (flags.onlyMissing && isThere) {
        process.stdout.write(`${name} of ${site.id} has a value already\n`);
        return;
      }
      const value = flags.generate ? randomBytes(48).toString("base64url") : await readValue(context, name);
      await setSecret(session.store, { site: site.id, name, value });
      process.stdout.write(`${name} of ${site.id} is set; what runs has it after the next deployment\n`);
    });
  command
    .command("list", { isDefault: true })
    .description("Names of an environment's secrets, and since when each has its value.")
    .argument("<environment>", "as dojang.yml names it")
    .option("-C, --directory <folder>", "the project", ".")
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExample: dojang secrets production")
    .action(async (environment: string, flags: Flags & { json: boolean }) => {
      await using session = await openSession({ context, say });
      const site = await siteFor(context, session, { environment, ...flags });
      const set = await listSecrets(session.store, site.id);
      const names = [...new Set([...site.definition.secrets, ...set.map(({ name }) => name)])];
      const shown = names.map((name) => ({
        name,
        updatedAt: set.find((one) => one.name === name)?.updatedAt,
        listed: site.definition.secrets.includes(name),
      }));
      if (flags.json) process.stdout.write(`${JSON.stringify(shown)}\n`);
      else
        for (const { name, updatedAt, listed } of shown)
          process.stdout.write(
            `${name} ${updatedAt === undefined ? "HAS NO VALUE" : `since ${new Date(updatedAt).toISOString()}`}${listed ? "" : ", which dojang.yml does not list"}\n`,
          );
    });
  command
    .command("remove")
    .description("Forget a secret.")
    .argument("<environment>", "as dojang.yml names it")
    .argument("<name>", "which")
    .option("-C, --directory <folder>", "the project", ".")
    .addHelpText("after", "\nExample: dojang secrets remove production MAIL_PASSWORD")
    .action(async (environment: string, name: string, flags: Flags) => {
      await using session = await openSession({ context, say });
      const site = await siteFor(context, session, { environment, ...flags });
      const was = await removeSecret(session.store, { site: site.id, name });
      process.stdout.write(was ? `${name} of ${site.id} is forgotten\n` : `${name} of ${site.id} had no value\n`);
      if (!was) process.exitCode = exitCodes.configuration;
    });
  return command;
}

async function siteFor(
  context: CommandContext,
  session: Session,
  { environment, directory }: { readonly environment: string; readonly directory: string },
) {
  const project = await loadProject({ directory: resolve(directory), env: context.environment, signal: context.signal });
  return siteOf(project, environment, session);
}

/** All of standard input, without the line end that `echo` adds; at a terminal one line that is not shown. */
async function readValue({ signal }: CommandContext, name: string): Promise<string> {
  if (process.stdin.isTTY === true) {
    process.stderr.write(`${name}: `);
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
    try {
      return await terminal.question("", { signal });
    } finally {
      terminal.close();
      process.stderr.write("\n");
    }
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}

function notListed(environment: string, name: string, known: readonly string[]): Problem {
  return new Problem({
    code: "secret-not-listed",
    message: `${name} is no secret of ${environment}`,
    fix: `${nameAdvice(name, known, "secrets")}; or add it to environments.${environment}.secrets of dojang.yml`,
    exit: "configuration",
  });
}
