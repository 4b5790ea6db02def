import { printRequestPattern } from "../mapping/print-stub-mapping.ts";
import type { StubMapping } from "../mapping/stub-mapping.ts";

/** Of stubs for the same request only the first stays: lists are newest first, so that is the last answer. */
export function withoutRepeats(stubs: readonly StubMapping[]): readonly StubMapping[] {
  const seen = new Set<string>();
  return stubs.filter(({ request }) => {
    const key = JSON.stringify(printRequestPattern(request));
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Stubs for the same request become a scenario that answers in the order of the recording. */
export function repeatsAsScenarios(stubs: readonly StubMapping[]): readonly StubMapping[] {
  const groups = new Map<string, number[]>();
  for (const [index, { request }] of stubs.entries()) {
    const key = JSON.stringify(printRequestPattern(request));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  const result = [...stubs];
  let scenarios = 0;
  for (const newestFirst of groups.values()) {
    if (newestFirst.length < 2) continue;
    const name = `scenario-${++scenarios}-${pathParts(stubs[newestFirst[0] ?? 0])}`;
    const inOrder = newestFirst.toReversed();
    for (const [turn, index] of inOrder.entries()) {
      // Every index is one of `stubs`.
      const stub = stubs[index] as StubMapping;
      result[index] = {
        ...stub,
        scenarioName: name,
        requiredScenarioState: turn === 0 ? "Started" : `${name}-${turn + 1}`,
        ...(turn === inOrder.length - 1 ? {} : { newScenarioState: `${name}-${turn + 2}` }),
      };
    }
  }
  return result;
}

function pathParts(stub: StubMapping | undefined): string {
  const url = stub === undefined || stub.request.url.kind === "any" ? "" : stub.request.url.value;
  const path = url.split("?")[0] ?? "";
  return decoded(path)
    .split("/")
    .filter((part) => part !== "")
    .join("-");
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
