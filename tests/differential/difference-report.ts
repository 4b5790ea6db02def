import type { Seen } from "./accepted/accepted-difference.ts";
import { acceptedDifferences } from "./accepted-differences.ts";
import { perform, type Step } from "./cases.ts";
import { compareAnswers } from "./compare-answers.ts";
import { Correspondence, type Difference } from "./compare-json.ts";
import type { Peer } from "./peers.ts";
import type { WireAnswer } from "./wire-answer.ts";
import type { WireRequest } from "./wire-request.ts";

export interface DifferingStep {
  readonly index: number;
  readonly request: WireRequest;
  readonly wireMock: WireAnswer;
  readonly dojang: WireAnswer;
  readonly differences: readonly Difference[];
}

export interface Peers {
  readonly wireMock: Peer;
  readonly dojang: Peer;
}

/** Does the same steps with both, and gives the steps whose answers differ in more than what is accepted. */
export async function differingSteps(peers: Peers, steps: readonly Step[]): Promise<readonly DifferingStep[]> {
  const seen = await everyDifference(peers, steps);
  const differing: DifferingStep[] = [];
  let accepted = false;
  for (const step of seen) {
    // What the journal and near misses say about a request that is accepted to differ cannot be the same either.
    if (accepted && isReport(step.request)) continue;
    const rest = step.differences.filter((difference) => !isAccepted({ ...step, difference }));
    if (rest.length < step.differences.length) {
      accepted = true;
      // One did it and the other did not: what follows cannot be the same.
      if (rest.length === 0 && changesState(step.request) && step.wireMock.status !== step.dojang.status) break;
    }
    if (rest.length > 0) differing.push({ ...step, differences: rest });
  }
  return differing;
}

export async function everyDifference({ wireMock, dojang }: Peers, steps: readonly Step[]): Promise<readonly DifferingStep[]> {
  const [left, right] = await Promise.all([perform(wireMock.port, steps), perform(dojang.port, steps)]);
  const ids = new Correspondence();
  return steps.flatMap((step, index) => {
    const [one, other] = [left[index], right[index]];
    if (one === undefined || other === undefined) throw new Error(`step ${index} was not done`);
    const differences = compareAnswers(one, other, ids);
    const request = typeof step === "function" ? step(left) : step;
    return differences.length === 0 ? [] : [{ index, request, wireMock: one, dojang: other, differences }];
  });
}

function isAccepted(seen: Seen): boolean {
  return acceptedDifferences.some(({ covers }) => covers(seen));
}

function changesState({ method, url }: WireRequest): boolean {
  return method !== "GET" && /^\/__admin\/(mappings|recordings|scenarios|settings|files)/.test(url);
}

function isReport({ url }: WireRequest): boolean {
  return /^\/__admin\/(requests|near-misses|mappings\/unmatched)/.test(url);
}

/** For people: what was done, and both answers. */
export function printDiffering(steps: readonly Step[], differing: readonly DifferingStep[]): string {
  const last = differing.at(-1)?.index ?? 0;
  const before = steps
    .slice(0, last + 1)
    .map((step, index) => `  ${index}. ${typeof step === "function" ? "(depends on an answer)" : printRequest(step)}`);
  const after = differing.map(
    ({ index, differences }) =>
      `  step ${index}:\n${differences.map(({ at, wireMock, dojang }) => `    ${at}\n      WireMock: ${indented(wireMock)}\n      Dojang:   ${indented(dojang)}`).join("\n")}`,
  );
  return `${before.join("\n")}\nanswers differ at\n${after.join("\n")}`;
}

function printRequest({ method, url, headers = [], body }: WireRequest): string {
  const printed = headers.map(([name, value]) => ` -H ${JSON.stringify(`${name}: ${value}`)}`).join("");
  return `${method} ${url}${printed}${body === undefined ? "" : ` -d ${JSON.stringify(body.toString())}`}`;
}

function indented(text: string): string {
  return text.slice(0, 2000).replaceAll("\n", "\n                ");
}
