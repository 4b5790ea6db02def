import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { loadExercise } from "../exercise/load-exercise.ts";
import { closeEngines, engineOf, grade } from "../judging/judging.fixture.ts";
import { approveDraft } from "./approve-draft.ts";
import { callsFolder, listDrafts } from "./draft-shelf.ts";
import { type MadeExercise, makeExercises } from "./make-exercises.ts";
import { openConnection, type ProviderName } from "./model-connection.ts";
import { proveDraft } from "./prove-draft.ts";
import { fourExercises, goodCandidate, isSolve, malformed, secondSolution } from "./refunds.fixture.ts";
import { Spending } from "./spending.ts";
import { openVendor, type Script, type Vendor, vendorKey } from "./vendor-server.fixture.ts";

let home: string;
let vendor: Vendor | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "dojang-judge-make-"));
});
afterEach(async () => {
  await vendor?.close();
  rmSync(home, { recursive: true });
});
afterAll(closeEngines);

interface Asked {
  readonly count?: number;
  readonly repairs?: number;
  readonly capUsd?: number;
  readonly into?: string;
  readonly replay?: string;
  readonly maxOutputTokens?: number;
  readonly provider?: ProviderName;
  readonly signal?: AbortSignal;
}

const price = { input: 4, output: 20, from: "given" };
/** Dozens of runs in sandboxes for each exercise, on a machine that may be busy. */
const limitMs = 900_000;

async function make(asked: Asked) {
  const shelf = { folder: join(home, asked.into ?? "drafts") };
  const { count = 1, repairs = 1, capUsd = 20, provider = "anthropic", replay, maxOutputTokens = 8_000 } = asked;
  const order = { provider, model: "claude-opus-5-5", baseUrl: vendor?.baseUrl, keyFrom: "TEST_KEY", timeoutMs: 60_000 };
  const connection = openConnection(
    { ...order, records: replay ?? callsFolder(shelf), replayOnly: replay !== undefined },
    { TEST_KEY: vendorKey },
  );
  const spending = new Spending({ price, capUsd });
  const told: string[] = [];
  const made: MadeExercise[] = [];
  const options = {
    connection,
    spending,
    price,
    topic: "refund limits",
    lang: "python",
    count,
    repairs,
    shelf,
    maxOutputTokens,
  } as const;
  const engine = await engineOf("python");
  const signal = asked.signal ?? AbortSignal.timeout(limitMs);
  for await (const one of makeExercises({ ...options, engine, signal, retryWaitMs: 1, tell: (line) => told.push(line) })) made.push(one);
  return { made, told, shelf, spent: spending.spent() };
}

async function serve(script: Script): Promise<Vendor> {
  await vendor?.close();
  vendor = await openVendor(script);
  return vendor;
}

const summary = (made: readonly MadeExercise[]) =>
  made.map((one) => (one.kind === "stopped" ? "stopped" : `${one.kind} ${one.id.replace(/[0-9a-f]{8}$/, "…")} ${one.made.repairs.length}`));

const expected = ["proven refund-in-time 0", "proven refund-of-a-shop 1", "dropped refund-rounded 1", "dropped answer-… 1"];

test(
  "of four exercises one holds, one is mended, one is wrong and one is no JSON",
  async () => {
    const { requests } = await serve(fourExercises);
    const { made, shelf, spent, told } = await make({ count: 4 });
    expect(summary(made)).toEqual(expected);
    // The statement of three is the same: the second solution is asked for once.
    expect(requests.map((one) => (isSolve(one) ? "solve" : one.prompt.includes("## Your former answer") ? "repair" : "make"))).toEqual([
      "make",
      "solve",
      "make",
      "repair",
      "make",
      "repair",
      "make",
      "repair",
    ]);
    expect(spent).toMatchObject({ calls: 8, input: 7 * 3_000 + 1_200, output: 7 * 5_000 + 400, uncertainCalls: 0, earlierUsd: 0 });
    expect(told).toContain("  its proof fails: sent back with one finding");

    const [good, mended, wrong, malformedOne] = made;
    if (good?.kind !== "proven" || mended?.kind !== "proven" || wrong?.kind !== "dropped" || malformedOne?.kind !== "dropped")
      throw new Error("kinds were looked at above");
    expect(good.made).toMatchObject({
      proof: { knownTests: 8, variants: 8, agreeing: 200, inputs: 200 },
      spent: { calls: 2, usd: 0.1248 },
    });
    expect(good.made.by.prompts.map((one) => one.name)).toEqual(["make-exercise", "repair-answer", "solve-statement", "language-python"]);
    expect(mended.made.repairs).toEqual([{ found: [expect.stringMatching(/^variants\/half-rounded-up\/src: no known test fails on it/)] }]);
    expect(requests[3]?.prompt).toContain("- variants/half-rounded-up/src: no known test fails on it");
    expect(wrong.made.dropped?.reason).toBe("an independent second solution disagrees with it, and one repair did not help");
    expect(wrong.made.dropped?.findings.join("\n")).toMatch(/on input \(1001, \d+\) the reference gives 501 and the second solution 500/);
    expect(wrong.made.dropped?.secondSolution).toBe(secondSolution.solution);
    expect(malformedOne.made.dropped?.reason).toBe("its answer is malformed, and one repair did not help");
    expect(readFileSync(join(malformedOne.folder, "answer.txt"), "utf8")).toBe(malformed);
    expect(existsSync(join(wrong.folder, "reference/solution.py"))).toBe(true);
    expect((await listDrafts(shelf)).map((one) => `${one.made.state} ${one.changed}`)).toEqual([
      "proven false",
      "proven false",
      "dropped false",
      "dropped false",
    ]);
    // The second solution was told the statement and nothing of the program.
    const solve = requests.find(isSolve)?.prompt ?? "";
    for (const part of ["refund-in-time", "if days <= 14", "late_first", "fourteen-is-half", "test_last_day"])
      expect(solve).not.toContain(part);
    // No key in anything that was written.
    for (const path of readdirSync(home, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()))
      expect(readFileSync(join(path.parentPath, path.name), "utf8")).not.toContain(vendorKey);
  },
  limitMs,
);

test(
  "a recorded draft that a person makes worse is refused, mended it is proven again, approved and graded",
  async () => {
    const { made, spent } = await make({ replay: join(import.meta.dirname, "fixtures/refunds"), maxOutputTokens: 32_000 });
    expect(summary(made)).toEqual(expected.slice(0, 1));
    expect(spent).toMatchObject({ calls: 2, usd: 0.1248, earlierUsd: 0.1248 });
    const [good] = made;
    if (good?.kind !== "proven") throw new Error("kinds were looked at above");
    const statement = join(good.folder, "statement.en.md");
    writeFileSync(statement, `${readFileSync(statement, "utf8")}\nMore words.\n`);
    const starter = join(good.folder, "starter/test_starter.py");
    const text = readFileSync(starter, "utf8");
    writeFileSync(starter, text.replace("1000\n", "999\n"));
    const prove = () =>
      proveDraft({
        folder: good.folder,
        openEngine: async () => ({ ...(await engineOf("python")), close: async () => {} }),
        signal: AbortSignal.timeout(limitMs),
      });
    expect(await prove()).toMatchObject({ findings: [{ place: "starter" }] });
    await expect(approveDraft({ folder: good.folder, into: join(home, "exercises"), by: "Kim", at: new Date() })).rejects.toMatchObject({
      code: "draft-changed",
    });
    writeFileSync(starter, text);
    expect(await prove()).toEqual({ id: "refund-in-time", folder: good.folder, findings: [] });
    const target = await approveDraft({ folder: good.folder, into: join(home, "exercises"), by: "Kim", at: new Date() });
    const exercise = await loadExercise(target);
    expect(await grade("python", goodCandidate.knownTests, { exercise })).toMatchObject({ verdict: "accepted", score: 1 });
  },
  limitMs,
);

test(
  "the cap ends it before a call that may pass it; with a larger one it goes on, and pays for nothing twice",
  async () => {
    const { requests } = await serve(fourExercises);
    // The first call may cost $0.16 out and some cents in, and costs $0.112; the second one does not fit any more.
    const first = await make({ count: 2, capUsd: 0.25 });
    expect(summary(first.made)).toEqual(["stopped"]);
    expect(first.made[0]).toMatchObject({
      number: 1,
      reason: expect.stringMatching(/^the next call may cost \$0\.\d+, and of \$0\.2500 there are \$0\.1380 left$/),
    });
    expect(first.spent).toMatchObject({ calls: 1, usd: 0.112 });
    expect(requests).toHaveLength(1);
    const second = await make({ count: 1, capUsd: 2 });
    expect(summary(second.made)).toEqual(["proven refund-in-time 0"]);
    expect(second.spent).toMatchObject({ calls: 2, usd: 0.1248, earlierUsd: 0.112 });
    expect(requests).toHaveLength(2);
    const third = await make({ count: 1, capUsd: 2 });
    expect(third.made).toMatchObject([{ kind: "proven", earlier: true }]);
    expect(third.spent).toMatchObject({ calls: 2, usd: 0.1248, earlierUsd: 0.1248 });
    expect(requests).toHaveLength(2);
  },
  limitMs,
);

test(
  "a model that refuses, and one whose texts contradict each other, are told; nothing is proven of them",
  async () => {
    await serve(() => ({ refuse: "No." }));
    const refused = await make({ repairs: 2 });
    expect(refused.made).toMatchObject([{ kind: "dropped", made: { repairs: [], dropped: { reason: "the model refuses to write it" } } }]);
    expect(vendor?.requests).toHaveLength(1);
    await serve((request) => ({
      say: isSolve(request) ? { ...secondSolution, contradictions: ["15 days in Korean, 14 in English"] } : goodCandidate,
    }));
    const contradicting = await make({ repairs: 0, provider: "openai-compatible" });
    expect(contradicting.made).toMatchObject([
      {
        kind: "dropped",
        made: { dropped: { reason: "its statements contradict each other", findings: ["statement: 15 days in Korean, 14 in English"] } },
      },
    ]);
  },
  limitMs,
);

test("two processes do not make drafts in one folder", async () => {
  await serve(() => ({ hang: true }));
  const ending = new AbortController();
  const first = make({ signal: ending.signal });
  await expect.poll(() => vendor?.requests.length, { timeout: 60_000 }).toBe(1);
  await expect(make({})).rejects.toMatchObject({ code: "drafts-busy", exit: "refused" });
  ending.abort(new DOMException("asked to end", "AbortError"));
  await expect(first).rejects.toMatchObject({ name: "AbortError" });
  // What a killed process leaves is taken over.
  writeFileSync(join(home, "drafts/.making"), "4194305");
  await serve(() => ({ refuse: "No." }));
  expect(summary((await make({})).made)).toEqual(["dropped answer-… 0"]);
}, 120_000);
