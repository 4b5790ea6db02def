import { setTimeout as wait } from "node:timers/promises";
import { Problem } from "@dojang/model";
import { releaseHealth } from "../../sites/live-release.ts";
import type { DeploymentFacts } from "../deployment-plan.ts";
import type { DeploymentStep } from "../perform-deployment.ts";
import { during, edgeSiteOf } from "../site-work.ts";
import { canaryVerdict, figures } from "./canary.ts";
import type { StepOptions } from "./step-options.ts";

const lookMs = 1_000;
/** One bad look is no verdict; so many in a row are. */
const badLooks = 3;
const probeTimeoutMs = 5_000;
/** What visitors met longer ago says little of now. */
const windowMs = 60_000;

/** As long as the window lasts, the new release is taken back by itself when it does badly. Also resumed by whoever comes next. */
export function watchWindow({ work, plan }: StepOptions): DeploymentStep<DeploymentFacts> {
  const asked = plan.rollback;
  return {
    name: "watch",
    title: "watching the new release",
    deadlineMs: (asked?.withinMs ?? 0) + 5 * 60_000,
    async run({ deployment, facts, signal, say }) {
      if (asked === undefined) return { kind: "skipped", summary: "the deploy job has no `rollback`" };
      const context = during(work, { signal, say });
      const resolved = await work.resolve(deployment.release);
      const since = facts.switchedAt ?? Date.now();
      const errors = asked.on.find((cause) => cause.kind === "errors")?.above;
      const onHealth = asked.on.some((cause) => cause.kind === "health");
      const { method, target: path } = work.site.definition.site.health;
      let bad = 0;
      while (Date.now() - since < asked.withinMs) {
        await wait(lookMs, undefined, { signal });
        if (errors !== undefined) {
          const traffic = await work.traffic({ since: Math.max(since, Date.now() - windowMs) });
          const wrong = canaryVerdict(traffic, { errors });
          if (wrong !== undefined) throw doesBadly(deployment.release, wrong);
        }
        if (!onHealth) continue;
        const health = await releaseHealth(context, work.site, resolved);
        const answer = await work.edge.probe(edgeSiteOf(work.site), { method, path }, { signal, timeoutMs: probeTimeoutMs });
        const answers = answer.status !== undefined && answer.status < 500;
        bad = health.ok && answers ? 0 : bad + 1;
        if (bad < badLooks) continue;
        const seen = answers ? health.wrong.join("; ") : `${method} ${path} answers ${answer.status ?? answer.error}`;
        throw doesBadly(deployment.release, `${badLooks} looks in a row: ${seen}`);
      }
      const all = await work.traffic({ since });
      return { kind: "done", summary: `${Math.round(asked.withinMs / 1000)} s after the switch it does well: ${figures(all)}` };
    },
  };
}

function doesBadly(release: string, wrong: string): Problem {
  return new Problem({
    code: "release-does-badly",
    message: `${release} does badly after the switch: ${wrong}`,
    fix: "it was taken back; the log of its services says why",
    exit: "infrastructure",
  });
}
