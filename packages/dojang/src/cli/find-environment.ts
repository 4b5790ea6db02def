import { Problem } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import { type KeptEnvironment, listKept, listOfSites } from "../environments/kept-environment.ts";
import { realFolder } from "./real-folder.ts";
import type { Session } from "./session.ts";

export interface FoundEnvironment {
  readonly kept: KeptEnvironment;
  readonly runtime: Runtime;
}

/** The environment of `--environment`, else the one that is up for this folder. */
export async function findEnvironment(
  session: Session,
  asked: { readonly id?: string; readonly directory: string },
): Promise<FoundEnvironment> {
  const { store } = session;
  const directory = await realFolder(asked.directory);
  const kept = asked.id === undefined ? await listKept(store, directory) : [...(await listKept(store)), ...(await listOfSites(store))];
  const found = asked.id === undefined ? kept[0] : kept.find((each) => each.id === asked.id);
  const runtime = session.runtimes.find((ready) => ready.runtime.name === found?.runtime)?.runtime;
  if (found && runtime) return { kept: found, runtime };
  throw new Problem({
    code: "environment-unknown",
    message: asked.id === undefined ? `nothing is up for ${directory}` : `there is no environment ${asked.id}`,
    fix: "start it with: dojang up; see what is up with: dojang ps",
    exit: "configuration",
  });
}
