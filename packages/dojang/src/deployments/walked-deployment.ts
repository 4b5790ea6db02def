import { appendFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { Problem } from "@dojang/model";
import { openStore } from "../store/store.ts";
import type { DeploymentProcedure, DeploymentStep } from "./perform-deployment.ts";
import { performDeployment } from "./perform-deployment.ts";

// For tests: a procedure that writes down what it does, and, started as a process, hangs where it is told to.
// `node walked-deployment.ts HOME DEPLOYMENT LOG HANG_AT`

export interface WalkedFacts {
  readonly live?: boolean;
  readonly seen?: readonly string[];
}

export const walkedSteps = ["preflight", "migrate", "start", "switch", "verify"] as const;

export interface Walk {
  readonly log: string;
  /** Hangs in this step until it is killed, cancelled, or out of time. */
  readonly hangAt?: string;
  readonly failAt?: string;
  readonly pauseAt?: string;
  readonly deadlineMs?: number;
  /** How often the way back fails before it succeeds. */
  readonly takeBackFailures?: number;
}

export function walkedProcedure(walk: Walk): DeploymentProcedure<WalkedFacts> {
  let takeBackFailures = walk.takeBackFailures ?? 0;
  const step = (name: string): DeploymentStep<WalkedFacts> => ({
    name,
    title: `doing ${name}`,
    deadlineMs: walk.deadlineMs ?? 60_000,
    async run({ attempt, facts, keep, signal }) {
      appendFileSync(walk.log, `${name} ${attempt}\n`);
      if (name === "switch") await keep({ live: true });
      if (walk.hangAt === name) await wait(3_600_000, undefined, { signal });
      if (walk.failAt === name) throw new Problem({ code: "broken", message: `${name} is broken`, fix: "mend it", exit: "infrastructure" });
      if (walk.pauseAt === name) {
        return { kind: "paused", wants: "no-way-back", summary: "somebody must agree", expiresAt: Date.now() + 60_000 };
      }
      return { kind: "done", summary: `${name} was done`, facts: { seen: [...(facts.seen ?? []), name] } };
    },
  });
  return {
    steps: walkedSteps.map(step),
    takeBack: {
      name: "take-back",
      title: "going back",
      deadlineMs: 60_000,
      async run({ attempt, signal }) {
        appendFileSync(walk.log, `take-back ${attempt}\n`);
        if (walk.hangAt === "take-back") await wait(3_600_000, undefined, { signal });
        if (takeBackFailures-- > 0) throw new Error("not yet");
        return { kind: "done", summary: "the former release serves again" };
      },
    },
    endOf: (facts) => (facts.live === true ? "rolled-back" : "failed"),
  };
}

const [home, id, log, hangAt, failAt] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && home !== undefined && id !== undefined && log !== undefined) {
  const signal = new AbortController().signal;
  await using store = Object.assign(await openStore({ home, signal }), {
    [Symbol.asyncDispose]: async () => store.close(),
  });
  await performDeployment({ store, id, procedure: walkedProcedure({ log, hangAt, failAt }), signal });
}
