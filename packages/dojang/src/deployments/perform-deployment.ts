import { setTimeout as wait } from "node:timers/promises";
import { Problem } from "@dojang/model";
import type { ApprovalTopic } from "../store/deployment-tables.ts";
import {
  beatDeployment,
  beginStep,
  claimDeployment,
  type Deployment,
  type DeploymentFailure,
  deploymentBeatMs,
  endStep,
  finishDeployment,
  type Held,
  LeaseLost,
  pauseDeployment,
  recordFacts,
  recordFailure,
  recordLive,
  releaseDeployment,
  stepsOfDeployment,
} from "../store/deployments.ts";
import { thisProcess } from "../store/process-identity.ts";
import type { Store } from "../store/store.ts";
import { existingDeployment } from "./existing-deployment.ts";

/**
 * Moves a deployment through its steps.
 *
 *   claim (fence + 1) -> first step that is not done -> ... -> succeeded
 *                                  | a step fails, its end is asked for, its time is up
 *                                  v
 *                         failure recorded -> take back -> failed | cancelled | rolled-back
 *
 * Each step is written down before it begins and after it ended, so that whoever comes after a kill -9 knows where to go on:
 * a step that had begun is done again, and is written so that it may be. Once a failure is recorded the only way is back,
 * also for the next process. Facts are what later steps, and people, need of earlier ones; they are kept after each step.
 */
export interface DeploymentStep<Facts> {
  readonly name: string;
  /** Shown while it goes on: "switching the traffic". */
  readonly title: string;
  /** Longest time it may take. */
  readonly deadlineMs: number;
  /** Throws a Problem when the deployment cannot go on. Has to be safe when it was done before, in whole or in part. */
  readonly run: (work: StepWork<Facts>) => Promise<StepOutcome<Facts>>;
}

export interface StepWork<Facts> {
  readonly deployment: Deployment;
  readonly facts: Facts;
  /** 1, or more when a process that was at it is gone. */
  readonly attempt: number;
  /** Aborts at the deadline, when the end was asked for, when the lease is lost, and when this process shall end. */
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Keeps facts before the step ends: what must be known after a kill in its middle. */
  readonly keep: (facts: Partial<Facts>) => Promise<void>;
}

export type StepOutcome<Facts> =
  | {
      readonly kind: "done" | "skipped";
      readonly summary: string;
      readonly facts?: Partial<Facts>;
      readonly detail?: unknown;
      /** It serves from now on, and was seen to. */
      readonly live?: boolean;
    }
  /** People have to decide before it goes on; the step is done again then. */
  | {
      readonly kind: "paused";
      readonly wants: ApprovalTopic;
      readonly summary: string;
      readonly expiresAt: number;
      readonly facts?: Partial<Facts>;
    };

export interface DeploymentProcedure<Facts> {
  readonly steps: readonly DeploymentStep<Facts>[];
  /** Makes the former release serve again and removes what the new one left. Tried until it succeeds. */
  readonly takeBack: DeploymentStep<Facts>;
  /** How it ends once it was taken back: `failed` before visitors could meet the new release, or where it has to stay. */
  readonly endOf: (facts: Facts) => "failed" | "rolled-back";
}

export interface PerformOptions<Facts> {
  readonly store: Store;
  readonly id: string;
  readonly procedure: DeploymentProcedure<Facts>;
  /** Before this step it gives the deployment back and resolves, for whoever keeps running without a terminal. */
  readonly handOverBefore?: string;
  readonly signal: AbortSignal;
  readonly onEvent?: (event: DeploymentEvent) => void;
}

export type DeploymentEvent =
  | { readonly kind: "step-started"; readonly step: string; readonly title: string; readonly attempt: number }
  | {
      readonly kind: "step-ended";
      readonly step: string;
      readonly state: "done" | "skipped" | "failed" | "paused";
      readonly summary: string;
      readonly durationMs: number;
    }
  | { readonly kind: "note"; readonly text: string };

/** Ended, paused, handed over, or "held" by a process that lives. */
export interface Performed {
  readonly deployment: Deployment;
  readonly outcome: "ended" | "paused" | "handed-over" | "held";
}

/** How often the way back is tried by one process, and how long it waits between. */
const takeBackTries = 5;
const takeBackWaitMs = 2_000;

export async function performDeployment<Facts extends object>(options: PerformOptions<Facts>): Promise<Performed> {
  const { store, id } = options;
  const claimed = await claimDeployment(store, { id, owner: thisProcess() });
  if (claimed === undefined) return { deployment: await existingDeployment(store, id), outcome: "held" };
  const held: Held = { id, fence: claimed.fence };
  const lease = keepLease(options, held);
  try {
    const outcome = await proceed({ ...options, deployment: claimed, held, lease });
    return { deployment: await existingDeployment(store, id), outcome };
  } finally {
    lease.stop();
  }
}

interface Lease {
  /** Aborts when it is lost, with LeaseLost, or when the end was asked for, with CancelAsked. */
  readonly ended: AbortSignal;
  readonly lost: AbortSignal;
  stop(): void;
}

class CancelAsked extends Error {
  constructor() {
    super("its end was asked for");
    this.name = "CancelAsked";
  }
}

function keepLease<Facts>({ store, id }: PerformOptions<Facts>, held: Held): Lease {
  const ended = new AbortController();
  const lost = new AbortController();
  let beating = false;
  const timer = setInterval(async () => {
    if (beating) return;
    beating = true;
    const answer = await beatDeployment(store, held).catch(() => "unreachable" as const);
    beating = false;
    if (answer === "lost") {
      lost.abort(new LeaseLost(id));
      ended.abort(new LeaseLost(id));
    }
    if (answer === "cancel") ended.abort(new CancelAsked());
  }, deploymentBeatMs);
  return { ended: ended.signal, lost: lost.signal, stop: () => clearInterval(timer) };
}

interface Proceeding<Facts> extends PerformOptions<Facts> {
  readonly deployment: Deployment;
  readonly held: Held;
  readonly lease: Lease;
}

async function proceed<Facts extends object>(work: Proceeding<Facts>): Promise<Performed["outcome"]> {
  const { store, procedure, held, lease, signal } = work;
  let { deployment } = work;
  // Only this module writes facts.
  let facts = deployment.facts as Facts;
  const keep = async (more: Partial<Facts> | undefined) => {
    if (more === undefined) return;
    facts = { ...facts, ...more };
    await recordFacts(store, held, facts);
  };
  const done = new Set(
    (await stepsOfDeployment(store, held.id)).filter(({ state }) => state === "done" || state === "skipped").map(({ name }) => name),
  );
  let failure = deployment.failure;
  if (failure === undefined && deployment.cancelAskedBy !== undefined) failure = cancelled(deployment);
  for (const [position, step] of procedure.steps.entries()) {
    if (failure !== undefined) break;
    if (done.has(step.name)) continue;
    if (step.name === work.handOverBefore) {
      await releaseDeployment(store, held);
      return "handed-over";
    }
    const ended = await runStep(work, { step, position, facts: () => facts, keep, stops: AbortSignal.any([signal, lease.ended]) });
    if (ended.kind === "paused") {
      await pauseDeployment(store, held, ended);
      return "paused";
    }
    if (ended.kind === "failed") failure = ended.failure;
  }
  if (failure === undefined) {
    await finishDeployment(store, held, "succeeded");
    return "ended";
  }
  deployment = await existingDeployment(store, held.id);
  if (deployment.failure === undefined) await recordFailure(store, held, failure);
  await goBack(work, { facts: () => facts, keep });
  const end = procedure.endOf(facts);
  await finishDeployment(store, held, end === "failed" && failure.code === "deployment-cancelled" ? "cancelled" : end);
  return "ended";
}

interface StepRun<Facts> {
  readonly step: DeploymentStep<Facts>;
  readonly position: number;
  readonly facts: () => Facts;
  readonly keep: (more: Partial<Facts> | undefined) => Promise<void>;
  readonly stops: AbortSignal;
}

type StepEnd =
  | { readonly kind: "ok" }
  | { readonly kind: "paused"; readonly wants: ApprovalTopic; readonly expiresAt: number }
  | { readonly kind: "failed"; readonly failure: DeploymentFailure };

async function runStep<Facts extends object>(work: Proceeding<Facts>, run: StepRun<Facts>): Promise<StepEnd> {
  const { store, held, deployment, onEvent } = work;
  const { step, position } = run;
  const startedAt = performance.now();
  const attempt = await beginStep(store, held, { position, name: step.name });
  onEvent?.({ kind: "step-started", step: step.name, title: step.title, attempt });
  const deadline = AbortSignal.timeout(step.deadlineMs);
  const signal = AbortSignal.any([run.stops, deadline]);
  const end = async (state: "done" | "skipped" | "failed", summary: string, detail?: unknown) => {
    await endStep(store, held, { position, attempt, state, summary, detail });
  };
  const tell = (state: "done" | "skipped" | "failed" | "paused", summary: string) =>
    onEvent?.({ kind: "step-ended", step: step.name, state, summary, durationMs: performance.now() - startedAt });
  try {
    const outcome = await step.run({
      deployment,
      facts: run.facts(),
      attempt,
      signal,
      say: (text) => onEvent?.({ kind: "note", text }),
      keep: run.keep,
    });
    // What a step reports after its lease was lost, or its end asked for, counts for nothing.
    run.stops.throwIfAborted();
    await run.keep(outcome.facts);
    if (outcome.kind !== "paused" && outcome.live === true) await recordLive(store, held);
    // A paused step has not failed; it is written so, because it will be begun again.
    await end(outcome.kind === "paused" ? "failed" : outcome.kind, outcome.summary, outcome.kind === "paused" ? undefined : outcome.detail);
    tell(outcome.kind, outcome.summary);
    return outcome.kind === "paused" ? outcome : { kind: "ok" };
  } catch (error) {
    if (work.lease.lost.aborted) throw work.lease.lost.reason;
    if (error instanceof LeaseLost) throw error;
    // This process is told to end: whoever comes next goes on from here.
    if (work.signal.aborted && !work.lease.ended.aborted) {
      await end("failed", "this process was told to end").catch(() => undefined);
      await releaseDeployment(store, held).catch(() => undefined);
      throw work.signal.reason;
    }
    const failure = work.lease.ended.aborted
      ? cancelled(await existingDeployment(store, held.id))
      : failureOf(error, { step, timedOut: deadline.aborted });
    await recordFailure(store, held, failure);
    await end("failed", failure.message);
    tell("failed", failure.message);
    return { kind: "failed", failure };
  }
}

/** Not cancelled by anything but a lost lease or the end of this process: a half-taken-back site is the worst of states. */
async function goBack<Facts extends object>(work: Proceeding<Facts>, state: Pick<StepRun<Facts>, "facts" | "keep">): Promise<void> {
  const { store, procedure, held, lease, signal, onEvent } = work;
  const step = procedure.takeBack;
  for (let tried = 1; ; tried++) {
    const position = procedure.steps.length;
    const startedAt = performance.now();
    const attempt = await beginStep(store, held, { position, name: step.name });
    onEvent?.({ kind: "step-started", step: step.name, title: step.title, attempt });
    try {
      const stops = AbortSignal.any([lease.lost, signal, AbortSignal.timeout(step.deadlineMs)]);
      const outcome = await step.run({
        deployment: await existingDeployment(store, held.id),
        facts: state.facts(),
        attempt,
        signal: stops,
        say: (text) => onEvent?.({ kind: "note", text }),
        keep: state.keep,
      });
      if (outcome.kind === "paused") throw new Error("the way back cannot be paused");
      await state.keep(outcome.facts);
      await endStep(store, held, { position, attempt, state: outcome.kind, summary: outcome.summary });
      onEvent?.({
        kind: "step-ended",
        step: step.name,
        state: outcome.kind,
        summary: outcome.summary,
        durationMs: performance.now() - startedAt,
      });
      return;
    } catch (error) {
      lease.lost.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      await endStep(store, held, { position, attempt, state: "failed", summary: message });
      onEvent?.({ kind: "step-ended", step: step.name, state: "failed", summary: message, durationMs: performance.now() - startedAt });
      if (signal.aborted || tried >= takeBackTries) {
        await releaseDeployment(store, held);
        throw signal.aborted ? signal.reason : takeBackFailed(held.id, error);
      }
      await wait(takeBackWaitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function cancelled(deployment: Deployment): DeploymentFailure {
  return {
    step: deployment.step ?? "",
    code: "deployment-cancelled",
    message: `its end was asked for by ${deployment.cancelAskedBy ?? "somebody"}`,
    fix: "deploy again when it shall go on",
  };
}

function failureOf<Facts>(
  error: unknown,
  { step, timedOut }: { readonly step: DeploymentStep<Facts>; readonly timedOut: boolean },
): DeploymentFailure {
  if (timedOut) {
    return {
      step: step.name,
      code: "step-timeout",
      message: `${step.title} took longer than ${Math.round(step.deadlineMs / 1000)} s and was ended`,
      fix: "`dojang deployments --id` shows what it said last; mend the cause and deploy again",
    };
  }
  if (error instanceof Problem) {
    const findings = error.findings.slice(0, 20).map((finding) => `; ${finding.message}`);
    return { step: step.name, code: error.code, message: `${error.message}${findings.join("")}`, fix: error.fix };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { step: step.name, code: "deployment-bug", message: `${step.title} failed by a bug: ${message}`, fix: "report it with this line" };
}

function takeBackFailed(id: string, cause: unknown): Problem {
  return new Problem({
    code: "take-back-failed",
    message: `deployment ${id} could not be taken back: ${cause instanceof Error ? cause.message : String(cause)}`,
    fix: `mend the cause, then \`dojang deploy --resume ${id}\` goes on with the way back`,
    exit: "infrastructure",
    cause,
  });
}
