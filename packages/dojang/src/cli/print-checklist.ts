import { styleText } from "node:util";
import { exitCodes } from "@dojang/model";
import { worstFirst } from "../checklist/check-production.ts";
import type { ChecklistFinding } from "../checklist/checklist-point.ts";
import { loadProject } from "../config/load-project.ts";
import { environmentValues, productionChecklist } from "../deployments/pass-checklist.ts";
import type { CommandContext } from "./command-context.ts";
import { say } from "./say.ts";
import { openSession } from "./session.ts";

export interface ChecklistAsked {
  readonly directory: string;
  readonly environment: string;
  readonly json: boolean;
}

/** Every point, the worst first, with its reason and its fix. Ends with 1 when one fails: a deployment would be stopped by it. */
export async function printChecklist(context: CommandContext, { directory, environment, json }: ChecklistAsked): Promise<void> {
  const project = await loadProject({ directory, env: context.environment, signal: context.signal });
  await using session = await openSession({ context, say });
  const values = await environmentValues({ store: session.store, project, environment });
  // As the environment's services would be started; where a variable that Compose insists on has no value yet, as on this machine.
  const theirs = await loadProject({ directory, env: values, signal: context.signal }).catch(() => project);
  const findings = worstFirst(await productionChecklist({ store: session.store, project, environment, services: theirs.services }));
  const failed = findings.filter(({ state }) => state === "fail").length;
  if (json) process.stdout.write(`${JSON.stringify({ ok: failed === 0, environment, findings })}\n`);
  else {
    for (const finding of findings) process.stdout.write(`${lines(finding).join("\n")}\n`);
    process.stdout.write(`\n${failed === 0 ? "ready" : "not ready"}: ${findings.length} points, ${failed} fail\n`);
  }
  if (failed > 0) process.exitCode = exitCodes.failed;
}

const styles = { ok: "green", warn: "yellow", fail: "red", unknown: "dim" } as const;

function lines({ id, state, seen, why, fix, place }: ChecklistFinding): readonly string[] {
  const mark = process.stdout.isTTY === true ? styleText(styles[state], state.padEnd(7)) : state.padEnd(7);
  if (state === "ok") return [`${mark} ${id}: ${seen}`];
  return [
    `${mark} ${id}: ${seen}`,
    `        why: ${why}`,
    `        fix: ${fix}${place.path === undefined ? "" : ` (${place.file} ${place.path})`}`,
  ];
}
