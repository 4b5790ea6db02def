import { stopRelease } from "../../sites/live-release.ts";
import { listLive } from "../../store/ledger.ts";
import { getSite } from "../../store/sites.ts";
import type { DeploymentFacts } from "../deployment-plan.ts";
import type { DeploymentStep } from "../perform-deployment.ts";
import { during, type SiteWork } from "../site-work.ts";

/** Releases that are neither live nor the one to go back to stop; their files go when there are more than are kept. */
export function tidy({
  work,
  retain,
}: {
  readonly work: SiteWork;
  readonly retain: (signal: AbortSignal) => Promise<readonly string[]>;
}): DeploymentStep<DeploymentFacts> {
  return {
    name: "tidy",
    title: "removing what is no longer needed",
    deadlineMs: 10 * 60_000,
    async run({ signal, say }) {
      const context = during(work, { signal, say });
      const row = await getSite(context.store, work.site.id);
      const wanted = [row?.currentRelease, row?.previousRelease].map((id) => id?.replace(/^.*-r/, ""));
      const prefix = `${work.site.id}-r`;
      const stopped: string[] = [];
      for (const { id, data } of await listLive(context.store, { kind: "environment" })) {
        if (data.site !== work.site.id || data.role !== "release" || !id.startsWith(prefix)) continue;
        const number = id.slice(prefix.length);
        if (wanted.includes(number)) continue;
        const release = `${work.site.project}-r${number}`;
        await stopRelease(context, work.site, { id: release, number: Number(number) });
        stopped.push(release);
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
