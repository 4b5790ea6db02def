import { Problem } from "@dojang/model";
import type { LoadedProject } from "../config/load-project.ts";
import type { LookElsewhere } from "../deployments/evidence.ts";
import { siteId } from "../sites/site.ts";
import type { Deployment } from "../store/deployments.ts";
import { dojangOn } from "./server-dojang.ts";

/** Asks the machines that a project's sites live on what was deployed to them. */
export function deployedThere(
  project: Pick<LoadedProject, "name" | "file">,
  { env, signal }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): LookElsewhere {
  return async (environment, release) => {
    const server = project.file.environments[environment]?.site?.server;
    if (server === undefined) return undefined;
    const there = dojangOn(server, env);
    const words = ["deployments", "list", "--json", "--limit", "200", "--site", siteId(project.name, environment)];
    const { exitCode, lines, said } = await there.run(words, { signal });
    if (exitCode !== 0) {
      throw new Problem({
        code: "server-answer",
        exit: "infrastructure",
        message: `${there.name} did not tell what was deployed to ${environment}: ${said.trim().slice(-500)}`,
        fix: `try it by hand: dojang on ${environment} deployments`,
      });
    }
    // Another Dojang printed them, of this version.
    const all = lines.map((line): Deployment => JSON.parse(line));
    const went = all.find((each) => each.release === release && each.kind === "deploy" && each.liveAt !== undefined);
    return went?.liveAt === undefined ? undefined : { id: `${went.id} on ${there.name}`, liveAt: went.liveAt };
  };
}
