import { expect, test } from "vitest";
import { applyEdits, type Candidate, candidateFlaws } from "./candidate.ts";
import { candidateFiles } from "./candidate-files.ts";
import { goodCandidate } from "./refunds.fixture.ts";

const flawsOf = (changes: Partial<Candidate>) =>
  candidateFlaws({ ...goodCandidate, ...changes }).map((one) => `${one.place}: ${one.message}`);

test("a candidate without flaws becomes the folder of an exercise, its variants by edits of the reference", () => {
  expect(candidateFlaws(goodCandidate)).toEqual([]);
  const files = candidateFiles(goodCandidate, { id: "refund-in-time-2", lang: "python" });
  expect(files["exercise.yml"]).toContain("id: refund-in-time-2\n");
  expect(files["variants/fourteen-is-half/src/solution.py"]).toBe(goodCandidate.reference.replace("days <= 14", "days < 14"));
  expect(Object.keys(files).filter((path) => path.startsWith("decoys/"))).toEqual([
    "decoys/table/solution.py",
    "decoys/late-first/solution.py",
  ]);
  expect(Object.keys(candidateFiles(goodCandidate, { id: "a", lang: "typescript" }))).toContain("tests/known/known.test.ts");
});

test("everything that is missing is told at once", () => {
  const flaws = flawsOf({ decoys: [], variants: goodCandidate.variants.slice(0, 5), starter: " \n", title: { ko: "", en: "x" } });
  expect(flaws).toEqual([
    "decoys: there are 0: 2 or more are wanted",
    "variants: there are 5: from 6 to 20 are wanted",
    "title.ko: it is empty",
    "starter: it is empty",
  ]);
});

test("names that would lead out of the folder, and names that are there twice, are refused", () => {
  const [first, second] = goodCandidate.decoys;
  if (first === undefined || second === undefined) throw new Error("the fixture has two decoys");
  expect(flawsOf({ id: "../../etc" })[0]).toMatch(/^id: .*"\.\.\/\.\.\/etc"$/);
  expect(flawsOf({ decoys: [{ ...first, id: "a/../../b" }, second] })[0]).toMatch(/^decoys\[0\]\.id: /);
  expect(flawsOf({ decoys: [first, { ...second, id: first.id }] })).toEqual(["decoys[1].id: there are two of the name table"]);
});

test("an edit has to occur once, and to change something", () => {
  const edit = (find: string, put: string) => applyEdits("a = 1\nb = 1\n", [{ find, put }]);
  expect(edit("b = 1", "b = $&2")).toEqual({ text: "a = 1\nb = $&2\n" });
  expect(edit("= 1", "= 2")).toEqual({ flaw: expect.stringContaining("occurs 2 times") });
  expect(edit("c", "d")).toEqual({ flaw: expect.stringContaining("occurs 0 times") });
  expect(edit("", "d")).toEqual({ flaw: expect.stringContaining("occurs 0 times") });
  expect(edit("a = 1", "a = 1")).toEqual({ flaw: "its edits change nothing" });
  expect(applyEdits("a", [])).toEqual({ flaw: expect.stringContaining("no edits") });
});
