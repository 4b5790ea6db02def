import { setTimeout as wait } from "node:timers/promises";
import { Problem } from "@dojang/model";
import { slotCount } from "../../edge/edge-site.ts";
import { bringUpSolo, takeDownSolo } from "../../sites/live-release.ts";
import { releaseEnvironmentId } from "../../sites/site-spec.ts";
import { setSiteReleases } from "../../store/sites.ts";
import type { DeploymentFacts } from "../deployment-plan.ts";
import type { DeploymentStep } from "../perform-deployment.ts";
import { during, edgeSiteOf, type SiteWork } from "../site-work.ts";
import type { StepOptions } from "./step-options.ts";

/** Links are swapped; nginx is not even told. */
export function switchTraffic({ work }: StepOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "switch",
    title: "sending everybody to the new release",
    deadlineMs: 60_000,
    async run({ deployment, keep }) {
      await keep({ live: true });
      await work.applyEdge(work.site);
      await work.edge.pointSlots(work.site.id, allSlots(deployment.release));
      await work.edge.setMaintenance(work.site.id, false);
      return { kind: "done", summary: `every visitor goes to ${deployment.release}`, facts: { switchedAt: Date.now() } };
    },
  };
}

export function allSlots(release: string): readonly string[] {
  return Array.from({ length: slotCount }, () => release);
}

/** Workers of two releases never run at once: the former's end first. */
export function moveWorkers({ work }: StepOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "workers",
    title: "moving services that never overlap",
    deadlineMs: 10 * 60_000,
    async run({ deployment, keep, signal, say }) {
      const context = during(work, { signal, say });
      const resolved = await work.resolve(deployment.release);
      const previous = deployment.previousRelease === undefined ? undefined : await work.resolve(deployment.previousRelease);
      const { solo } = resolved.services;
      if (solo.length === 0 && (previous?.services.solo.length ?? 0) === 0) return { kind: "skipped", summary: "there are none" };
      await keep({ soloMoved: true });
      if (previous !== undefined) await takeDownSolo(context, work.site, previous);
      await bringUpSolo(context, work.site, resolved);
      return { kind: "done", summary: `${solo.join(", ") || "none"} of ${deployment.release} run` };
    },
  };
}

const probeTries = 10;
const probeTimeoutMs = 5_000;

/** "Live" is said only when the route points there and the site answers from outside. */
export function verify({ work }: StepOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "verify",
    title: "asking the site from outside",
    deadlineMs: 2 * 60_000,
    async run({ deployment, signal }) {
      const slots = await work.edge.readSlots(work.site.id);
      const astray = slots.filter((release) => release !== deployment.release).length;
      if (astray > 0) throw new Error(`${astray} slots do not lead to ${deployment.release}`);
      const answer = await probeUntilWell(work, signal);
      await setSiteReleases(work.context.store, {
        id: work.site.id,
        current: deployment.release,
        previous: deployment.previousRelease === deployment.release ? undefined : deployment.previousRelease,
      });
      return { kind: "done", summary: answer, live: true };
    },
  };
}

/** Throws Problem `site-unreachable` with what came instead. */
export async function probeUntilWell(work: SiteWork, signal: AbortSignal): Promise<string> {
  const { method, target: path } = work.site.definition.site.health;
  let last = "";
  for (let tried = 0; tried < probeTries; tried++) {
    if (tried > 0) await wait(300, undefined, { signal });
    const answer = await work.edge.probe(edgeSiteOf(work.site), { method, path }, { signal, timeoutMs: probeTimeoutMs });
    if (answer.status !== undefined && answer.status < 400)
      return `${method} ${path} answers ${answer.status} in ${Math.round(answer.durationMs)} ms`;
    last = answer.error ?? `status ${answer.status}: ${answer.body.slice(0, 200)}`;
  }
  throw new Problem({
    code: "site-unreachable",
    message: `${method} ${path} of ${work.site.id}, asked from outside ${probeTries} times, does not answer well: ${last}`,
    fix: "the log of nginx and of the services say why",
    exit: "infrastructure",
  });
}

const drainLookMs = 100;

/** What was begun with the former release may end with it; what is left then is cut. */
export function drain({ work, plan }: StepOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "drain",
    title: "letting the former release finish what it has begun",
    deadlineMs: plan.drainMs + 60_000,
    async run({ deployment, signal }) {
      const { previousRelease } = deployment;
      if (previousRelease === undefined || previousRelease === deployment.release)
        return { kind: "skipped", summary: "there is no former release" };
      const id = releaseEnvironmentId(work.site, (await work.resolve(previousRelease)).release);
      const startedAt = Date.now();
      let open = await openConnections(work, id);
      const first = open;
      while (open > 0 && Date.now() - startedAt < plan.drainMs) {
        await wait(drainLookMs, undefined, { signal });
        open = await openConnections(work, id);
      }
      const cut = open > 0 ? await work.context.runtime.cutConnections(id) : 0;
      const took = Date.now() - startedAt;
      const left = cut > 0 ? `, ${cut} were cut after ${Math.round(plan.drainMs / 1000)} s` : ", none was cut";
      return {
        kind: "done",
        summary: `${first} open connections${left}; ${previousRelease} stays warm`,
        detail: { first, cut, tookMs: took },
      };
    },
  };
}

async function openConnections({ context }: SiteWork, environmentId: string): Promise<number> {
  const publications = await context.runtime.published(environmentId).catch(() => []);
  return publications.reduce((sum, { open }) => sum + open, 0);
}
