import { Command } from "commander";
import { mockVersion, wireMockVersion } from "../version.ts";
import { checkCommand } from "./check.ts";
import type { CommandContext } from "./command-context.ts";
import { addServeFlags, type ServeFlags } from "./serve-flags.ts";
import { addWireMockFlags } from "./wiremock-flags.ts";

export function createProgram(context: CommandContext): Command {
  const program = new Command("dojang-mock")
    .description("Plays an outside system from WireMock stubs, an OpenAPI document, or both.")
    .version(`dojang-mock ${mockVersion} (stubs and admin API of WireMock ${wireMockVersion})`, "--version")
    .helpOption("--help", "shows this")
    .exitOverride()
    // A mistake in the words is told like a Problem: what is wrong, and where it stands how it should be.
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "dojang-mock:")) })
    .showHelpAfterError("  fix: see what it takes: dojang-mock --help")
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .allowExcessArguments(false)
    .addHelpText("after", examples)
    .action(async (flags: ServeFlags) => (await import("./serve.ts")).serve(flags, context));
  addWireMockFlags(addServeFlags(program));
  return program.addCommand(checkCommand().copyInheritedSettings(program));
}

const examples = `
Examples:
  $ dojang-mock --port 8080 --dir stubs
  $ dojang-mock --port 8080 --openapi api.yaml --strict
  $ dojang-mock check --dir stubs --openapi api.yaml

A stub, as a file in stubs/mappings/ or sent to the running mock:
  $ curl localhost:8080/__admin/mappings -d '{"request": {"url": "/hello"}, "response": {"body": "world"}}'

Ends with 0 when it was asked to end, 2 for a mistake in flags or files, 3 when it could not listen.`;
