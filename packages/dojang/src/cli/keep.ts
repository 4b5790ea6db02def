import { Problem } from "@dojang/model";
import { Command } from "commander";
import { z } from "zod";
import { prepareRuntimes } from "../engine/runtimes.ts";
import { type KeeperRequest, runKeeper } from "../environments/port-keeper.ts";
import type { CommandContext } from "./command-context.ts";

/** Not for people: the process that `dojang up` leaves behind to publish ports. It needs no database. */
export function keepCommand(context: CommandContext): Command {
  return new Command("keep")
    .argument("<runtime>")
    .argument("<request>", "JSON of a KeeperRequest")
    .action(async (name: string, text: string) => {
      const request = readRequest(text);
      const runtimes = await prepareRuntimes({ home: request.home, signal: context.signal });
      const runtime = runtimes.find((ready) => ready.runtime.name === name)?.runtime;
      if (runtime === undefined) throw notOurs(`there is no runtime ${JSON.stringify(name.slice(0, 60))}`);
      await runKeeper(request, runtime);
    });
}

const port = z.int().min(1).max(65_535);
const keeperRequest = z.object({
  home: z.string().min(1),
  // It becomes a file's name.
  environmentId: z.string().regex(/^[\w-]{1,200}$/),
  ports: z.array(z.object({ service: z.string().min(1), container: port, preferred: port.optional() })).max(1000),
});

function readRequest(text: string): KeeperRequest {
  const { success, data, error } = keeperRequest.safeParse(parseJson(text));
  if (!success) throw notOurs(error.issues.map(({ path, message }) => `${["request", ...path].join(".")}: ${message}`).join("; "));
  return { ...data, ports: data.ports.map((each) => ({ ...each, preferred: each.preferred })) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notOurs("request is no JSON", cause);
  }
}

function notOurs(message: string, cause?: unknown): Problem {
  return new Problem({
    code: "keep-request",
    message,
    fix: "leave this command to `dojang up`, which gives it what it needs",
    exit: "configuration",
    cause,
  });
}
