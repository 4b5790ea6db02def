import { setTimeout as wait } from "node:timers/promises";
import { Problem } from "@dojang/model";
import type { Traffic } from "../../edge/access-log.ts";
import { slotCount } from "../../edge/edge-site.ts";
import { releaseHealth } from "../../sites/live-release.ts";
import type { DeploymentFacts } from "../deployment-plan.ts";
import type { DeploymentStep } from "../perform-deployment.ts";
import { during } from "../site-work.ts";
import type { StepOptions } from "./step-options.ts";

/** Fewer requests than this prove nothing about a share of them. */
const leastRequests = 20;
const lookMs = 500;

/** A share of the visitors, each of whom stays with it, tries the new release first. */
export function canary({ work, plan }: StepOptions): DeploymentStep<DeploymentFacts> {
  const asked = plan.canary;
  return {
    name: "canary",
    title: "letting some visitors try the new release",
    deadlineMs: (asked?.forMs ?? 0) + 2 * 60_000,
    async run({ deployment, signal, say, keep }) {
      const { previousRelease, release } = deployment;
      if (asked === undefined) return { kind: "skipped", summary: "the deploy job has no `canary`" };
      if (previousRelease === undefined || previousRelease === release)
        return { kind: "skipped", summary: "there is no former release to compare with" };
      const context = during(work, { signal, say });
      const resolved = await work.resolve(release);
      const assignment = canarySlots(asked.weight, { release, previousRelease });
      const slots = assignment.flatMap((each, index) => (each === release ? [index] : []));
      await keep({ live: true });
      await work.applyEdge(work.site);
      await work.edge.pointSlots(work.site.id, assignment);
      const since = Date.now();
      let seen: Traffic = { requests: 0, failed: 0, p95Ms: undefined };
      while (Date.now() - since < asked.forMs) {
        await wait(lookMs, undefined, { signal });
        seen = await work.traffic({ since, slots });
        const wrong = canaryVerdict(seen, asked.abortOn);
        if (wrong !== undefined) throw aborted(release, wrong);
        const health = await releaseHealth(context, work.site, resolved, { held: resolved.services.solo });
        if (!health.ok) throw aborted(release, health.wrong.join("; "));
      }
      const share = `${Math.round((slots.length / slotCount) * 100)} % of the visitors for ${Math.round(asked.forMs / 1000)} s`;
      return { kind: "done", summary: `${share}: ${figures(seen)}` };
    },
  };
}

/** At least one slot and never all: the share rounded to twentieths. */
export function canarySlots(
  weight: number,
  { release, previousRelease }: { readonly release: string; readonly previousRelease: string },
): readonly string[] {
  const count = Math.min(slotCount - 1, Math.max(1, Math.round(weight * slotCount)));
  return Array.from({ length: slotCount }, (_, index) => (index < count ? release : previousRelease));
}

/** What is wrong, or undefined. Pure. */
export function canaryVerdict(
  { requests, failed, p95Ms }: Traffic,
  abortOn: { readonly errors?: number | undefined; readonly p95Ms?: number | undefined },
): string | undefined {
  if (requests < leastRequests) return undefined;
  const share = failed / requests;
  if (abortOn.errors !== undefined && share > abortOn.errors) {
    return `${percent(share)} of ${requests} requests failed, more than ${percent(abortOn.errors)}`;
  }
  if (abortOn.p95Ms !== undefined && p95Ms !== undefined && p95Ms > abortOn.p95Ms) {
    return `p95 of ${requests} requests is ${Math.round(p95Ms)} ms, more than ${Math.round(abortOn.p95Ms)} ms`;
  }
  return undefined;
}

export function figures({ requests, failed, p95Ms }: Traffic): string {
  if (requests === 0) return "nobody came";
  return `${requests} requests, ${failed} failed${p95Ms === undefined ? "" : `, p95 ${Math.round(p95Ms)} ms`}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function aborted(release: string, wrong: string): Problem {
  return new Problem({
    code: "canary-aborted",
    message: `${release} was taken back from the visitors who tried it: ${wrong}`,
    fix: "the log of its services says why; mend the change and deploy again",
    exit: "infrastructure",
  });
}
