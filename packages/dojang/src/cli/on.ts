import { resolve } from "node:path";
import { Problem } from "@dojang/model";
import { Command } from "commander";
import { personOf } from "../deployments/people.ts";
import { loadForRelease } from "../releases/release-project.ts";
import { dojangOn, withinProject } from "../servers/server-dojang.ts";
import type { CommandContext } from "./command-context.ts";
import { environmentUnknown } from "./site-of-project.ts";

export function onCommand(context: CommandContext): Command {
  return new Command("on")
    .argument("<environment>", "one whose site has a `server` in dojang.yml")
    .argument("<words...>", "a command of dojang with what it takes")
    .option("-C, --directory <folder>", "the project", ".")
    .passThroughOptions()
    .allowUnknownOption()
    .addHelpText(
      "after",
      "\nExamples:\n  $ dojang on production sites\n  $ dojang on production rollback production\n  $ dojang on production secrets set production JWT_SECRET --generate\n\nEnds as the command there ends.",
    )
    .action(async (name: string, words: readonly string[], { directory }: { readonly directory: string }) => {
      const { signal, environment } = context;
      const project = await loadForRelease(resolve(directory), { env: environment, signal });
      const server = project.file.environments[name]?.site?.server;
      if (server === undefined) throw hasNone(name, project.file.environments);
      const there = dojangOn(server, environment);
      process.exitCode = await there.attach(withinProject(project.name, personOf(environment), words), signal);
    });
}

function hasNone(name: string, environments: Readonly<Record<string, { readonly site?: { readonly server?: unknown } }>>): Problem {
  const place = { file: "dojang.yml", path: `environments.${name}.site.server` };
  const elsewhere = Object.keys(environments).filter((each) => environments[each]?.site?.server !== undefined);
  if (Object.hasOwn(environments, name)) {
    return new Problem({
      code: "server-unnamed",
      message: `the site of ${name} is on this machine: dojang.yml names no server for it`,
      fix: "give the command without `on`, or write site: { server: dojang@host }",
      exit: "configuration",
      place,
    });
  }
  return environmentUnknown(name, elsewhere, "environments on other machines");
}
