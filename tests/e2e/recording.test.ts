import { afterAll, beforeAll, expect, test } from "vitest";
import { lastJson, type Stage, setStage } from "./stage.ts";

interface ResultJson {
  readonly totals: { readonly passed: number; readonly transactions: number };
  readonly tests: readonly {
    readonly titlePath: readonly string[];
    readonly attempts: readonly { readonly requestIds: readonly string[] }[];
  }[];
}

let stage: Stage;
let directory: string;
beforeAll(async () => {
  stage = await setStage();
  directory = await stage.copy("counter");
});
afterAll(() => stage[Symbol.asyncDispose]());

test("every request of an unchanged test is recorded with that test, and with what both services printed for it", async () => {
  const ended = await stage.run(["run", "--json"], { directory });
  expect(ended).toMatchObject({ exitCode: 0, signal: null });
  const result = lastJson<ResultJson>(ended);
  expect(result.totals).toMatchObject({ passed: expected.size, transactions: [...expected.values()].flat().length });
  const requestsOf = new Map(
    result.tests.map(({ titlePath, attempts }) => [titlePath.at(-1)?.split(" > ").at(-1), attempts[0]?.requestIds ?? []]),
  );
  const seen = [...requestsOf].map(async ([title, ids]) => [title, (await Promise.all(ids.map(printedFor))).toSorted(byText)] as const);
  expect(new Map(await Promise.all(seen))).toEqual(
    new Map([...expected].map(([title, names]) => [title, names.map(whatServicesPrint).toSorted(byText)])),
  );
  await stage.expectNothingLeft();
});

/** The names each test asks for, in order; `NAME` is counted up from 1. */
const expected = new Map([
  ["counts to 1", ["apples-1"]],
  ["counts to 2", ["apples-2", "apples-2"]],
  ["counts to 3", ["apples-3", "apples-3", "apples-3"]],
  ["names do not share a count", ["pear", "plum"]],
]);

function whatServicesPrint(name: string, index: number, names: readonly string[]): string[] {
  const count = names.slice(0, index + 1).filter((one) => one === name).length;
  return [`gate: gate passes /count/${name}`, `counter: counter counted ${name} to ${count}`];
}

async function printedFor(requestId: string): Promise<string[]> {
  const { stdout } = await stage.run(["logs", "--request-id", requestId, "--json"], { directory });
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { service: string; text: string })
    .map(({ service, text }) => `${service}: ${text}`);
}

const byText = (one: readonly string[], other: readonly string[]) => one.join().localeCompare(other.join());
