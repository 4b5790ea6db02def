import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadExercise } from "../exercise/load-exercise.ts";
import { type MadeFile, madeFileText, readMadeFile } from "../exercise/made-file.ts";
import { approveDraft, takeApprovable } from "./approve-draft.ts";
import { candidateFiles } from "./candidate-files.ts";
import { contentHash, findByOrder, listDrafts } from "./draft-shelf.ts";
import { draftText } from "./draft-text.ts";
import { goodCandidate, secondSolution } from "./refunds.fixture.ts";

let home: string;
let shelf: { folder: string };
let into: string;
let draft: string;
let made: MadeFile;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "dojang-judge-approve-"));
  shelf = { folder: join(home, "drafts") };
  into = join(home, "exercises");
  draft = join(shelf.folder, goodCandidate.id);
  putDraft();
  made = {
    state: "proven",
    order: "order-1",
    title: goodCandidate.title,
    by: { provider: "anthropic", model: "claude-opus-5-5", topic: "refund limits", prompts: [] },
    spent: { calls: 2, input: 4_200, output: 5_400, uncertainCalls: 0, usd: 0.1248 },
    repairs: [],
    proof: {
      content: await contentHash(draft),
      knownTests: 8,
      variants: 8,
      agreeing: 200,
      inputs: 200,
      secondSolution: secondSolution.solution,
    },
  };
  write(made);
});
afterEach(() => rmSync(home, { recursive: true }));

function putDraft(): void {
  for (const [path, text] of Object.entries(candidateFiles(goodCandidate, { id: goodCandidate.id, lang: "python" }))) {
    mkdirSync(dirname(join(draft, path)), { recursive: true });
    writeFileSync(join(draft, path), text);
  }
}

const write = (file: MadeFile) => writeFileSync(join(draft, "made.yml"), madeFileText(file));
const approve = (by = "Kim Min-ji") => approveDraft({ folder: draft, into, by, at: new Date("2026-11-22T01:00:00Z") });

test("a person sees statement, bugs and proof, and what it cost", async () => {
  const text = draftText(await takeApprovable(draft));
  for (const part of [
    "14일까지는(14일 포함)",
    "Up to 14 days (14 included)",
    "half-rounded-up: Odd amounts pay one won too many.",
    "홀수 금액에서 1원을 더 줍니다.",
    "on 200 of 200 generated inputs",
    'made by claude-opus-5-5 (anthropic) for "refund limits"; sent back never; $0.1248, 2 calls',
  ])
    expect(text).toContain(part);
});

test("what a model wrote cannot rewrite the terminal of the one who looks", async () => {
  const { exercise, made: of } = await takeApprovable(draft);
  const statement = { ...exercise.statement, en: "All is well.\u001b[2J\u001b[1A\u202eevil\r\n\tfine" };
  const text = draftText({ exercise: { ...exercise, statement }, made: of });
  expect(text).toContain("All is well.\ufffd[2J\ufffd[1A\ufffdevil\ufffd\n\tfine");
});

test("an approved draft is an exercise for learners, with who let it pass and when; the order is not made again", async () => {
  expect(await loadExercise(draft)).toMatchObject({ unapproved: true });
  const target = await approve();
  expect(target).toBe(join(into, "refund-in-time"));
  expect(await loadExercise(target)).not.toHaveProperty("unapproved");
  expect(await readMadeFile(target)).toEqual({
    ...made,
    state: "approved",
    approved: { by: "Kim Min-ji", at: "2026-11-22T01:00:00.000Z" },
  });
  expect(existsSync(draft)).toBe(false);
  expect(readdirSync(into)).toEqual(["refund-in-time"]);
  expect(await listDrafts(shelf)).toEqual([]);
  expect(await findByOrder(shelf, "order-1")).toMatchObject({ made: { state: "approved" } });
});

test("what was changed after the proof is refused: a file, a new one, one that is gone", async () => {
  const file = join(draft, "reference/solution.py");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, `${text}# more\n`);
  await expect(approve()).rejects.toMatchObject({
    code: "draft-changed",
    exit: "refused",
    fix: expect.stringContaining("dojang-judge prove"),
  });
  expect(await listDrafts(shelf)).toMatchObject([{ id: "refund-in-time", changed: true }]);
  writeFileSync(file, text);
  writeFileSync(join(draft, "extra.txt"), "");
  await expect(approve()).rejects.toMatchObject({ code: "draft-changed" });
  rmSync(join(draft, "extra.txt"));
  const why = join(draft, "variants/never-nothing/why.ko.md");
  rmSync(why);
  await expect(approve()).rejects.toMatchObject({ code: "draft-changed" });
  symlinkSync("/etc/passwd", why);
  await expect(approve()).rejects.toMatchObject({ code: "draft-no-plain-file" });
  expect(existsSync(into)).toBe(false);
});

test("what is not proven, or is no draft, is refused", async () => {
  write({ ...made, state: "dropped", proof: undefined, dropped: { reason: "its proof fails", findings: ["a: b"] } });
  await expect(approve()).rejects.toMatchObject({ code: "draft-unproven", message: expect.stringContaining("its proof fails") });
  write({ ...made, proof: undefined });
  await expect(approve()).rejects.toMatchObject({ code: "draft-unproven" });
  writeFileSync(join(draft, "made.yml"), "state: proven\n");
  await expect(approve()).rejects.toMatchObject({ code: "exercise-made" });
  await expect(loadExercise(draft)).rejects.toMatchObject({ findings: [{ code: "exercise-made" }] });
  rmSync(join(draft, "made.yml"));
  await expect(approve()).rejects.toMatchObject({ code: "draft-none", exit: "configuration" });
});

test("an exercise that is there is never written over; a name has to be one", async () => {
  mkdirSync(join(into, "refund-in-time"), { recursive: true });
  writeFileSync(join(into, "refund-in-time/mine.txt"), "mine");
  await expect(approve()).rejects.toMatchObject({ code: "approve-exists", exit: "refused" });
  expect(readdirSync(join(into, "refund-in-time"))).toEqual(["mine.txt"]);
  expect(existsSync(draft)).toBe(true);
  for (const by of ["", "  ", "a\u001b[2J", "a\nb"]) await expect(approve(by)).rejects.toMatchObject({ code: "approve-by" });
});

test("an approval that was killed after the exercise was put there is finished by the next", async () => {
  await approve();
  // The draft as it was before: removing it is the last step.
  putDraft();
  write(made);
  expect(await approve("Another")).toBe(join(into, "refund-in-time"));
  expect(existsSync(draft)).toBe(false);
  expect((await readMadeFile(join(into, "refund-in-time")))?.approved?.by).toBe("Kim Min-ji");
});
