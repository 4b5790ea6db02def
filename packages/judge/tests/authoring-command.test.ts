import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fourExercises, isSolve } from "../src/authoring/refunds.fixture.ts";
import { openVendor, type Vendor, vendorKey } from "../src/authoring/vendor-server.fixture.ts";
import { type CommandOptions, type Ended, runCommand } from "./judge-command.ts";

/** Made by scripts/record-answers.ts, which has to be run again when a replay finds an answer missing. */
const fixtures = join(import.meta.dirname, "../src/authoring/fixtures");
const recordings = join(fixtures, "refunds");

let folder: string;
let vendor: Vendor | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dojang-judge-authoring-"));
});
afterEach(async () => {
  await vendor?.close();
  rmSync(folder, { recursive: true });
});

function run(args: readonly string[], options: Pick<CommandOptions, "during" | "node"> = {}): Promise<Ended> {
  // Keys of whoever runs the tests are no part of them.
  const { ANTHROPIC_API_KEY: _, OPENAI_API_KEY: __, ...env } = process.env;
  return runCommand(args, { ...options, env: { ...env, VENDOR_KEY: vendorKey } });
}

const model = ["--provider", "anthropic", "--model", "claude-opus-5-5"];
const order = (drafts = join(folder, "drafts")) => ["make", "--lang", "python", "--topic", "refund limits", "--into", drafts, ...model];

test("recorded answers become a proven draft, which is looked at, approved and graded, without a vendor and without a key", async () => {
  const made = await run([...order(), "--replay", recordings]);
  expect(made).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^proven {3}refund-in-time: 8 known tests, 8 variants, a second solution agrees on 200 of 200 inputs\n/),
  });
  expect(made.stdout).toContain("spent $0.1248 ($0.1248 of it paid before), 2 calls");
  const drafts = join(folder, "drafts");
  expect(await run(["drafts", drafts])).toMatchObject({
    code: 0,
    stdout: "proven   refund-in-time (claude-opus-5-5, $0.1248): Refunds in time\n",
  });
  const draft = join(drafts, "refund-in-time");
  const shown = await run(["approve", draft]);
  expect(shown).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringContaining("half-rounded-up: Odd amounts pay one won too many."),
  });
  expect(existsSync(draft)).toBe(true);
  expect(await run(["approve", draft, "--by", "Kim"])).toMatchObject({ code: 2, stderr: expect.stringContaining("--into") });
  const exercises = join(folder, "exercises");
  const approved = await run(["approve", draft, "--into", exercises, "--by", "Kim Min-ji", "--json"]);
  expect(JSON.parse(approved.stdout)).toMatchObject({ id: "refund-in-time", approved: true, by: "Kim Min-ji" });
  const exercise = join(exercises, "refund-in-time");
  expect(readFileSync(join(exercise, "made.yml"), "utf8")).toMatch(/^state: approved$/m);
  const graded = await run(["submit", exercise, join(exercise, "tests/known/test_known.py")]);
  expect(graded).toMatchObject({ code: 0, stdout: expect.stringMatching(/^accepted: /) });
  const again = await run([...order(), "--replay", recordings]);
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^there {4}refund-in-time: made before, approved by Kim Min-ji\n/),
  });
}, 300_000);

test("recorded answers in TypeScript become a proven draft too, and its known tests are graded once it is approved", async () => {
  const drafts = join(folder, "drafts");
  const typescript = ["make", "--lang", "typescript", "--topic", "parking fees", "--into", drafts, ...model];
  const made = await run([...typescript, "--replay", join(fixtures, "parking")]);
  expect(made).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^proven {3}parking-fee: 11 known tests, 10 variants, a second solution agrees on 200 of 200 inputs\n/),
  });
  const exercises = join(folder, "exercises");
  expect(await run(["approve", join(drafts, "parking-fee"), "--into", exercises, "--by", "Kim Min-ji"])).toMatchObject({ code: 0 });
  const exercise = join(exercises, "parking-fee");
  const graded = await run(["submit", exercise, join(exercise, "tests/known/known.test.ts")]);
  expect(graded).toMatchObject({ code: 0, stdout: expect.stringMatching(/^accepted: /) });
}, 300_000);

test("killed in the middle and started again it asks for what it had not been answered, and for nothing else", async () => {
  let isSilent = true;
  vendor = await openVendor((request, number) => (isSilent && isSolve(request) ? { hang: true } : fourExercises(request, number)));
  const args = [...order(), "--base-url", vendor.baseUrl, "--key-from", "VENDOR_KEY", "--budget-tokens", "500000"];
  const during = async (child: ChildProcess) => {
    await expect.poll(() => vendor?.requests.length, { timeout: 240_000, interval: 100 }).toBe(2);
    child.kill("SIGKILL");
  };
  const killed = await run(args, { during });
  expect(killed.code).toBeNull();
  expect(readdirSync(join(folder, "drafts/calls"))).toHaveLength(1);
  isSilent = false;
  const again = await run(args);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^proven {3}refund-in-time: /) });
  expect(again.stdout).toContain("spent 2 calls, 4200 tokens in, 5400 out");
  expect(vendor.requests.map(isSolve)).toEqual([false, true, true]);
  for (const text of [killed.stdout, killed.stderr, again.stdout, again.stderr]) expect(text).not.toContain(vendorKey);
}, 500_000);

test("mistakes of the user are told before anything is asked or paid", async () => {
  const problems: readonly [readonly string[], number, string][] = [
    [[], 2, "ANTHROPIC_API_KEY is not set"],
    [["--key-from", "VENDOR_KEY"], 2, "nothing says how much may be spent"],
    [
      ["--key-from", "VENDOR_KEY", "--budget", "1", "--base-url", "https://elsewhere.example/v1"],
      2,
      "what claude-opus-5-5 costs at elsewhere.example is not known",
    ],
    [["--key-from", "VENDOR_KEY", "--budget-tokens", "9", "--base-url", "http://elsewhere.example/v1"], 4, "unencrypted"],
    [["--budget", "much"], 2, "an amount of US dollars"],
    [["--replay", folder, "--record", folder], 2, "cannot be used with"],
    [["--replay", join(folder, "nothing")], 2, "there is no recorded answer"],
  ];
  const ended = await Promise.all(problems.map(([args]) => run([...order(), ...args])));
  expect(ended.map(({ code }) => code)).toEqual(problems.map(([, code]) => code));
  for (const [index, [, , message]] of problems.entries()) expect(ended[index]?.stderr).toContain(message);
}, 120_000);

test("no other command loads the library that asks models", async () => {
  const spy = `import { registerHooks } from "node:module"; registerHooks({ resolve(name, context, next) { if (/^(ai$|@ai-sdk)/.test(name)) process.stderr.write("loads " + name + "\\n"); return next(name, context); } });`;
  const node = ["--import", `data:text/javascript,${encodeURIComponent(spy)}`];
  expect((await run(["drafts", folder], { node })).stderr).toBe("");
  expect((await run(["make", "--help"], { node })).stderr).toBe("");
  // The same spy sees it where it is loaded.
  vendor = await openVendor(() => ({ refuse: "No." }));
  const asked = await run([...order(), "--base-url", vendor.baseUrl, "--key-from", "VENDOR_KEY", "--budget-tokens", "500000"], { node });
  expect(asked.stderr).toContain("loads ai\n");
  expect(asked.code).toBe(1);
}, 120_000);
