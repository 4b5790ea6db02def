import { nameAdvice, Problem } from "@dojang/model";
import { checkBackups } from "./backup-points.ts";
import { type ChecklistFinding, type ChecklistRequest, type Looked, makePoint } from "./checklist-point.ts";
import { checkDelivery } from "./delivery-points.ts";
import { checkExposure } from "./exposure-points.ts";
import { checkSecrets } from "./secret-points.ts";
import { checkServices } from "./service-points.ts";
import { checkWatching } from "./watching-points.ts";

/**
 * Pure: everything a deployment environment that real people depend on should be. Every point that was looked at is among the
 * findings, also those that are in order; Problem `environment-unknown` when dojang.yml has no such environment.
 */
export function checkProduction(request: ChecklistRequest): readonly ChecklistFinding[] {
  const looked = look(request);
  return [checkSecrets, checkServices, checkExposure, checkDelivery, checkBackups, checkWatching].flatMap((check) => check(looked));
}

/** `fail` first, then `unknown`, `warn` and `ok`; within each in the order of the list. */
export function worstFirst(findings: readonly ChecklistFinding[]): readonly ChecklistFinding[] {
  const order = ["fail", "unknown", "warn", "ok"];
  return [...findings].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

function look(request: ChecklistRequest): Looked {
  const { file } = request.project;
  const definition = Object.hasOwn(file.environments, request.environment) ? file.environments[request.environment] : undefined;
  if (definition === undefined) {
    throw new Problem({
      code: "environment-unknown",
      exit: "configuration",
      message: `dojang.yml has no environment "${request.environment.slice(0, 60)}"`,
      fix: nameAdvice(request.environment, Object.keys(file.environments), "environments of dojang.yml"),
    });
  }
  const all = request.facts.services ?? request.project.services;
  const jobs = Object.entries(file.jobs).flatMap(([name, job]) =>
    job.kind === "deploy" && job.environment === request.environment ? [{ name, job }] : [],
  );
  const at = (path: string) => ({ file: "dojang.yml", path });
  return {
    ...request,
    definition,
    services: all.filter(({ name }) => !definition.services.leaveOut.includes(name)),
    deployJob: jobs[0],
    at,
    point: (id, why, path) => makePoint(id, why, at(path.replace("%", `environments.${request.environment}`))),
  };
}
