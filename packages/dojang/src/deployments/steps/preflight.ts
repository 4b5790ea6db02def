import { readFile } from "node:fs/promises";
import { Problem } from "@dojang/model";
import { releaseEnvironmentId } from "../../sites/site-spec.ts";
import { freeBytes } from "../../store/disk-room.ts";
import { getSite } from "../../store/sites.ts";
import type { DeploymentFacts } from "../deployment-plan.ts";
import type { DeploymentStep } from "../perform-deployment.ts";
import { during, type SiteWork } from "../site-work.ts";
import { checkRoom } from "./room.ts";
import type { StepOptions } from "./step-options.ts";

export interface PreflightOptions extends StepOptions {
  /** Throws when something of the checklist fails that may not. */
  readonly checklist: () => Promise<string>;
}

const mib = 1024 * 1024;

/** Nothing is touched yet: what would make the deployment fail half-way is found here. */
export function preflight({ work, plan, checklist }: PreflightOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "preflight",
    title: "looking whether the deployment can work",
    deadlineMs: 3 * 60_000,
    async run({ deployment, signal, say }) {
      const context = during(work, { signal, say });
      const row = await getSite(context.store, work.site.id);
      if (row?.currentRelease !== deployment.previousRelease)
        throw siteChanged(work.site.id, row?.currentRelease, deployment.previousRelease);
      // Variables without a value stop it here, by name.
      const resolved = await work.resolve(deployment.release);
      const previous =
        deployment.previousRelease === undefined ? undefined : await work.resolve(deployment.previousRelease).catch(() => undefined);
      // A way back takes next to nothing, and is not held up by a disk that is nearly full.
      const disk = deployment.kind === "rollback" ? await freeBytes(work.site.home) : await checkRoom({ work, plan }, previous);
      const needed = previous === undefined ? 0 : await memoryOf(work, releaseEnvironmentId(work.site, previous.release));
      const free = await availableMemory();
      if (free !== undefined && free < needed) throw memoryShort({ free, needed });
      const listed = plan.checklist ? await checklist() : "";
      // The routes of the new release come with its traffic; until then visitors have those of the one that is live.
      await work.applyEdge(previous?.site ?? work.site);
      await work.edge.ensure();
      if (await work.certify(signal, say)) await work.applyEdge(previous?.site ?? work.site);
      for (const note of resolved.services.notes) say(note);
      const parts = [
        `${Math.round(disk / mib)} MiB of disk`,
        free === undefined ? undefined : `${Math.round(free / mib)} MiB of memory`,
        "nginx serves",
        listed || undefined,
      ];
      return { kind: "done", summary: parts.filter((part) => part !== undefined).join(", ") };
    },
  };
}

/** What the former release takes is what the new one will; both run at once for a while. */
async function memoryOf({ context }: SiteWork, environmentId: string): Promise<number> {
  const stats = await context.runtime.stats(environmentId).catch(() => []);
  return stats.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
}

async function availableMemory(): Promise<number | undefined> {
  const text = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const kib = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

function siteChanged(site: string, now: string | undefined, then: string | undefined): Problem {
  return new Problem({
    code: "site-changed",
    message: `${site} serves ${now ?? "nothing"} by now; this deployment was asked for when it served ${then ?? "nothing"}`,
    fix: "ask for the deployment again",
    exit: "refused",
  });
}

function memoryShort({ free, needed }: { readonly free: number; readonly needed: number }): Problem {
  return new Problem({
    code: "memory-short",
    message: `${Math.round(free / mib)} MiB of memory are available, and both releases at once need ${Math.round(needed / mib)} MiB more`,
    fix: "end something else on this machine, or add swap (`dojang provision` does)",
    exit: "infrastructure",
  });
}
