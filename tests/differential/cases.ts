import type { Json } from "./json.ts";
import type { WireAnswer } from "./wire-answer.ts";
import { ask, type WireRequest } from "./wire-request.ts";

/** Stubs, requests that meet them, and what the journal says afterwards. */
export interface StubCase {
  readonly stubs: readonly Json[];
  readonly requests: readonly WireRequest[];
}

/** One thing to do with a server. A function sees the answers before it, of the same server. */
export type Step = WireRequest | ((earlier: readonly WireAnswer[]) => WireRequest);

const json = [["Content-Type", "application/json"]] as const;

export function admin(method: string, path: string, body?: Json): WireRequest {
  return {
    method,
    url: `/__admin${path}`,
    headers: body === undefined ? [] : json,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

export function stepsOf({ stubs, requests }: StubCase): readonly Step[] {
  return [...stubs.map((stub) => admin("POST", "/mappings", stub)), ...requests, admin("GET", "/requests")];
}

/** Forgets everything, then does the steps one after another. */
export async function perform(port: number, steps: readonly Step[]): Promise<readonly WireAnswer[]> {
  await ask(port, admin("DELETE", "/mappings"));
  await ask(port, admin("POST", "/reset"));
  const answers: WireAnswer[] = [];
  for (const step of steps) answers.push(await ask(port, typeof step === "function" ? step(answers) : step));
  return answers;
}
