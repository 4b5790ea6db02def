import { listReleases } from "../../releases/release.ts";
import { stopRelease } from "../../sites/live-release.ts";
import { releaseEnvironmentId } from "../../sites/site-spec.ts";
import { listLive } from "../../store/ledger.ts";
import { getSite } from "../../store/sites.ts";
import type { DeploymentFacts } from "../deployment-plan.ts";
import type { DeploymentStep } from "../perform-deployment.ts";
import { during } from "../site-work.ts";
import type { StepOptions } from "./step-options.ts";

export interface TidyOptions extends Pick<StepOptions, "work"> {
  /** Removes files of old releases and says which. */
  readonly retain: (signal: AbortSignal) => Promise<readonly string[]>;
}

/** Releases that are neither live nor the one to go back to stop; their files go when there are more than are kept. */
export function tidy({ work, retain }: TidyOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "tidy",
    title: "removing what is no longer needed",
    deadlineMs: 10 * 60_000,
    async run({ signal, say }) {
      const context = during(work, { signal, say });
      const row = await getSite(context.store, work.site.id);
      const live = await listLive(context.store, { kind: "environment" });
      const running = new Set(live.filter(({ data }) => data.site === work.site.id && data.role === "release").map(({ id }) => id));
      const stopped: string[] = [];
      for (const release of await listReleases(context.store, { project: work.site.project, removed: true })) {
        if (release.id === row?.currentRelease || release.id === row?.previousRelease) continue;
        if (!running.has(releaseEnvironmentId(work.site, release))) continue;
        await stopRelease(context, work.site, release);
        stopped.push(release.id);
      }
      const removed = await retain(signal);
      const parts = [
        stopped.length > 0 ? `stopped ${stopped.join(", ")}` : "",
        removed.length > 0 ? `removed the files of ${removed.join(", ")}` : "",
      ].filter(Boolean);
      return parts.length === 0 ? { kind: "skipped", summary: "nothing to remove" } : { kind: "done", summary: parts.join("; ") };
    },
  };
}
