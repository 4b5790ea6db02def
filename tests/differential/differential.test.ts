import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptedDifferences } from "./accepted-differences.ts";
import { type Backend, startBackend, withBackend } from "./backend.ts";
import { type StubCase, stepsOf } from "./cases.ts";
import { differingSteps, everyDifference, type Peers, printDiffering } from "./difference-report.ts";
import { Random } from "./generate/random.ts";
import { generateCase } from "./generate/stub-cases.ts";
import { startDojangMock, startWireMock } from "./peers.ts";
import { shrink } from "./shrink.ts";
import { everyTable } from "./tables/every-table.ts";

/**
 * WireMock 3.13.2 and the mock get the same stubs and the same requests; whatever a client could tell apart fails.
 * More generated cases: DOJANG_DIFFERENTIAL_CASES=5000; others: DOJANG_DIFFERENTIAL_SEED=7.
 */
const generated = Number(process.env.DOJANG_DIFFERENTIAL_CASES ?? 300);
const seed = Number(process.env.DOJANG_DIFFERENTIAL_SEED ?? 1);
const shownAtMost = 10;

let peers: Peers;
let backend: Backend;

beforeAll(async () => {
  const [wireMock, dojang] = await Promise.all([startWireMock(), startDojangMock()]);
  peers = { wireMock, dojang };
  backend = await startBackend();
}, 120_000);

afterAll(async () => {
  await Promise.all([peers?.wireMock.stop(), peers?.dojang.stop(), backend?.stop()]);
});

describe.each(Object.entries(everyTable))("the mock answers as WireMock does: %s", (_, cases) => {
  it.each(cases)("$title", async (given) => {
    const steps = withBackend(given.steps, backend.origin);
    const differing = await differingSteps(peers, steps);
    if (differing.length > 0) expect.fail(printDiffering(steps, differing));
  });
});

// Asked for by DOJANG_DIFFERENTIAL_CASES: the words of some notes and pages still differ, which the tables below tell apart and this does not yet.
it(`the mock answers ${generated} generated cases as WireMock does (seed ${seed})`, { timeout: 30_000 + generated * 1000 }, async () => {
  const failures: string[] = [];
  for (let number = 0; number < generated && failures.length < shownAtMost; number += 1) {
    const found = generateCase(new Random(seed * 1_000_003 + number));
    if (!(await differs(found))) continue;
    const smallest = await shrink(found, differs);
    const steps = stepsOf(smallest);
    failures.push(`case ${number} of seed ${seed}, made small:\n${printDiffering(steps, await differingSteps(peers, steps))}`);
  }
  if (failures.length > 0) expect.fail(failures.join("\n\n"));
});

describe("accepted differences are still there", () => {
  it.each(acceptedDifferences)("$title", async ({ example, covers }) => {
    const seen = await everyDifference(peers, withBackend(example, backend.origin));
    const shown = seen.some((step) => step.differences.some((difference) => covers({ ...step, difference })));
    expect(shown, "it no longer differs: take it out of the table").toBe(true);
  });
});

async function differs(candidate: StubCase): Promise<boolean> {
  return (await differingSteps(peers, stepsOf(candidate))).length > 0;
}
