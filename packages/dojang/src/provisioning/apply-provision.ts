import { Problem } from "@dojang/model";
import { describePlan, type PlannedAction, planProvision, probeRequest } from "./plan-provision.ts";
import type { LoginProof, ProvisionAction, ProvisionRequest } from "./provision-action.ts";
import { probeServer, type ServerFacts } from "./server-facts.ts";
import type { Server } from "./server-run.ts";

export interface ProvisionOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

export interface Provisioned {
  readonly done: readonly string[];
  /** Ids with the reason why they wait. */
  readonly held: readonly { readonly id: string; readonly why: string }[];
  readonly facts: ServerFacts;
}

/** What would be done, without doing it. */
export async function previewProvision(server: Server, request: ProvisionRequest, options: ProvisionOptions): Promise<string> {
  const facts = await probeServer(server, probeRequest, options.signal);
  return describePlan(planProvision(facts, request, await proveLogin(server, options.signal)));
}

/**
 * One action after the other; after each the server is looked at again, and what is not as it should be then is a Problem
 * `provision-failed` with what the server said. What was done stays done: running it again goes on from there.
 */
export async function applyProvision(server: Server, request: ProvisionRequest, options: ProvisionOptions): Promise<Provisioned> {
  const { signal, onProgress } = options;
  let facts = await probeServer(server, probeRequest, signal);
  const done: string[] = [];
  const tried = new Set<string>();
  for (;;) {
    signal.throwIfAborted();
    // Planned anew each time: what one action brings (a shell's sshd, a package) others see.
    const plan: readonly PlannedAction[] = planProvision(facts, request, await proveLogin(server, signal));
    const next = plan.find(({ action, held }) => held === undefined && !tried.has(action.id));
    if (next === undefined) {
      const held = plan.flatMap(({ action, held: why }) => (why === undefined ? [] : [{ id: action.id, why }]));
      return { done, held, facts };
    }
    const { action } = next;
    tried.add(action.id);
    onProgress?.(`${action.id}: ${action.what}`);
    facts = await applyOne(server, action, { facts, signal });
    done.push(action.id);
  }
}

async function applyOne(
  server: Server,
  action: ProvisionAction,
  at: { readonly facts: ServerFacts; readonly signal: AbortSignal },
): Promise<ServerFacts> {
  const { signal } = at;
  const inputFile = typeof action.inputFile === "function" ? await action.inputFile() : action.inputFile;
  const answer = await server.run({ script: action.script(at.facts), inputFile, signal });
  if (answer.exitCode !== 0) throw failed(server, action, `${answer.stderr}\n${answer.stdout}`.trim().slice(-1_500));
  if (action.undo !== undefined && server.logsInByKey !== undefined && !(await getsIn(server, signal))) {
    // This connection is still open; the next would not have been.
    await server.run({ script: action.undo, signal });
    throw failed(server, action, "after it nobody could log in any more, so it was taken back");
  }
  const facts = await probeServer(server, probeRequest, signal);
  if (!action.isDone(facts)) throw failed(server, action, `its script ended well, but it is not so: ${action.changes(facts).join("; ")}`);
  return facts;
}

async function proveLogin(server: Server, signal: AbortSignal): Promise<LoginProof> {
  return { byKey: server.logsInByKey !== undefined && (await getsIn(server, signal)) };
}

/** As whoever this is, who is or may become root: a key of the account alone would leave nobody who may mend the server. */
async function getsIn(server: Server, signal: AbortSignal): Promise<boolean> {
  const own = /^([^@]+)@/.exec(server.name)?.[1];
  return own !== undefined && (await server.logsInByKey?.(own, signal)) === true;
}

function failed(server: Server, action: ProvisionAction, said: string): Problem {
  return new Problem({
    code: "provision-failed",
    exit: "infrastructure",
    message: `${server.name}: ${action.id} (${action.what}) failed: ${said}`,
    fix: "mend what it says and run it again: what is done is not done twice",
  });
}
