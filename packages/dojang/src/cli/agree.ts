import { createInterface } from "node:readline/promises";
import { decideApproval } from "../deployments/decide-approval.ts";
import { personOf } from "../deployments/people.ts";
import { authorNames } from "../releases/author-names.ts";
import { getRelease } from "../releases/release.ts";
import type { Deployment } from "../store/deployments.ts";
import type { Store } from "../store/store.ts";
import type { CommandContext } from "./command-context.ts";

/** Asked at a terminal, taken from the flag elsewhere. True when that was enough; false when somebody else has to decide. */
export async function agree(
  context: CommandContext,
  store: Store,
  { deployment, approve }: { readonly deployment: Deployment; readonly approve: boolean },
): Promise<boolean> {
  if (!approve && !(await agreesAtTerminal(context, deployment))) return false;
  const person = personOf(context.environment);
  const { state } = await decideApproval({
    store,
    id: deployment.id,
    person,
    decision: "approved",
    reason: approve ? "given with the command" : "given at the terminal",
    authorOf: async (release) => authorNames(await getRelease(store, release)),
    now: Date.now(),
    signal: context.signal,
  });
  if (state.kind === "waiting") process.stderr.write(`${person} agreed; ${state.needs} more must\n`);
  return state.kind === "approved";
}

async function agreesAtTerminal({ signal }: CommandContext, deployment: Deployment): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${deployment.release} to ${deployment.site}: approve? [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
