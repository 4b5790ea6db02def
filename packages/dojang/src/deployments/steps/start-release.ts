import { setTimeout as wait } from "node:timers/promises";
import { Problem } from "@dojang/model";
import { lastWords } from "../../sites/last-words.ts";
import { ensureData, neighboursOf } from "../../sites/live-data.ts";
import { releaseHealth, startRelease } from "../../sites/live-release.ts";
import type { ResolvedRelease } from "../../sites/resolved-release.ts";
import { runAllInRelease, runInRelease } from "../../sites/run-in-release.ts";
import type { SiteContext } from "../../sites/site-context.ts";
import { siteRouter } from "../../sites/site-router.ts";
import { releaseEnvironmentId } from "../../sites/site-spec.ts";
import type { DeploymentFacts, DeploymentPlan } from "../deployment-plan.ts";
import type { DeploymentStep } from "../perform-deployment.ts";
import { during, mustPass, type SiteWork } from "../site-work.ts";
import type { StepOptions } from "./step-options.ts";

/** Databases, caches and queues as the new release wants them. */
export function prepareData({ work }: StepOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "data",
    title: "seeing to databases and caches",
    deadlineMs: 20 * 60_000,
    async run({ deployment, signal, say }) {
      const data = await ensureData(during(work, { signal, say }), work.site, await work.resolve(deployment.release));
      const names = data.services.map(({ name }) => name).join(", ");
      if (names === "") return { kind: "skipped", summary: "nothing is kept across releases" };
      const words = { left: "run as they should", started: "are started", restarted: "were started again, for they changed" };
      return { kind: "done", summary: `${names} ${words[data.did]}` };
    },
  };
}

/** Once, as a step of its own, by the project's own tool in the new release. */
export function migrate({ work, plan }: StepOptions): DeploymentStep<DeploymentFacts> {
  const step = plan.migrate;
  const timeoutMs = step?.timeoutMs ?? 15 * 60_000;
  return {
    name: "migrate",
    title: "migrating the database",
    deadlineMs: timeoutMs + 2 * 60_000,
    async run({ deployment, attempt, signal, say }) {
      if (step === undefined) return { kind: "skipped", summary: "the deploy job has no `migrate`" };
      const resolved = await work.resolve(deployment.release);
      if (attempt > 1) say("asked again: the tool skips what it has applied");
      const result = await runInRelease(during(work, { signal, say }), work.site, resolved, { ...step, timeoutMs }, { job: "migrate" });
      mustPass([result], {
        code: "migration-failed",
        what: "the migration failed, and the former release serves on",
        fix: "mend the migration and deploy again; what it had applied is as its tool left it",
      });
      const last = result.output.findLast(({ text }) => text.trim() !== "")?.text.trim();
      return {
        kind: "done",
        summary: `\`${step.run}\` passed${last === undefined ? "" : `: ${last.slice(0, 200)}`}`,
        facts: { migrated: true },
      };
    },
  };
}

/** Beside the former one, which goes on; services that never overlap wait. */
export function start({ work }: StepOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "start",
    title: "starting the new release",
    deadlineMs: 20 * 60_000,
    async run({ deployment, signal, say }) {
      const resolved = await work.resolve(deployment.release);
      const { solo } = resolved.services;
      const live = await startRelease(during(work, { signal, say }), work.site, resolved, { held: solo });
      const started = live.services.filter(({ name }) => !solo.includes(name)).map(({ name }) => name);
      const held = solo.length === 0 ? "" : `; ${solo.join(", ")} wait${solo.length === 1 ? "s" : ""} for the switch`;
      return { kind: "done", summary: `${started.join(", ")} ${live.did === "left" ? "run already" : "run"}${held}` };
    },
  };
}

/** How long services must be seen well in a row, and how often they are looked at. */
const calmMs = 2_000;
const lookMs = 250;

/** Nobody is sent to it yet: its services must stay well, and the smoke steps must pass against it. */
export function gate({ work, plan }: StepOptions): DeploymentStep<DeploymentFacts> {
  return {
    name: "gate",
    title: "trying the new release before anybody meets it",
    deadlineMs: 10 * 60_000,
    async run({ deployment, signal, say }) {
      const context = during(work, { signal, say });
      const resolved = await work.resolve(deployment.release);
      await staysWell(context, work, resolved);
      const smoke = await smokeAgainst(context, work, { resolved, steps: plan.smoke });
      return { kind: "done", summary: `services stayed healthy for ${calmMs / 1000} s${smoke}` };
    },
  };
}

async function staysWell(context: SiteContext, { site }: SiteWork, resolved: ResolvedRelease): Promise<void> {
  const held = resolved.services.solo;
  for (let wellSince = Date.now(); Date.now() - wellSince < calmMs; await wait(lookMs, undefined, { signal: context.signal })) {
    const health = await releaseHealth(context, site, resolved, { held });
    if (health.ok) continue;
    // The release is about to be removed, and its log with it.
    const said = await lastWords(context, releaseEnvironmentId(site, resolved.release), health.unwell);
    throw new Problem({
      code: "release-unhealthy",
      message: `${resolved.release.id} does not stay healthy: ${health.wrong.join("; ")}${said}`,
      fix: said === "" ? "it printed nothing; try it with `dojang up`" : "mend what its last lines tell of, and deploy again",
      exit: "infrastructure",
    });
  }
}

async function smokeAgainst(
  context: SiteContext,
  { site }: SiteWork,
  { resolved, steps }: { readonly resolved: ResolvedRelease; readonly steps: DeploymentPlan["smoke"] },
): Promise<string> {
  if (steps.length === 0) return "; there are no smoke steps";
  const id = releaseEnvironmentId(site, resolved.release);
  const routes = await Promise.all(
    resolved.services.routes.map(async (route) => {
      const target = await context.runtime.address(id, route.service, route.port);
      if (target === undefined) throw new Error(`${route.service} of ${id} has no port ${route.port}`);
      return { ...route, url: `http://${target.host}:${target.port}` };
    }),
  );
  await using router = await siteRouter({ routes, host: site.definition.site.hosts[0] ?? "localhost" });
  const data = {
    environmentId: undefined,
    services: [],
    neighbours: await neighboursOf(context, id, resolved.services.release),
    did: "left",
  } as const;
  const results = await runAllInRelease(context, site, { resolved, steps, data, variables: { DOJANG_URL: router.url }, job: "smoke" });
  mustPass(results, {
    code: "smoke-failed",
    what: `the smoke steps fail against ${resolved.release.id}`,
    fix: "the former release serves on; mend the change and deploy again",
  });
  return `; ${results.length} smoke step${results.length === 1 ? "" : "s"} passed`;
}
