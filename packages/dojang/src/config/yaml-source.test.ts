import { formatFinding } from "@dojang/model";
import { expect, test } from "vitest";
import { readYaml } from "./yaml-source.ts";

const read = (text: string) => readYaml({ file: "a.yml", text });
const said = (text: string) => read(text).findings.map(formatFinding);

test("`on`, `yes` and `no` are words, as YAML 1.2 has them", () => {
  expect(read("on: yes\nno: off\n").value).toEqual({ on: "yes", no: "off" });
});

test("a place is that of the value, or of its key when asked", () => {
  const source = read("jobs:\n  lint:\n    steps:\n      - run: x\n");
  expect(source.place(["jobs", "lint", "steps", 0, "run"])).toEqual({ file: "a.yml", line: 4, column: 14, path: "jobs.lint.steps[0].run" });
  expect(source.place(["jobs", "lint"], { key: true })).toMatchObject({ line: 2, column: 3 });
});

test("the place of a key that is missing is that of the mapping that misses it", () => {
  expect(read("jobs:\n  lint: { steps: [] }\n").place(["jobs", "lint", "kind"])).toMatchObject({
    line: 2,
    column: 3,
    path: "jobs.lint.kind",
  });
});

test("merges and aliases are resolved, written keys win over merged ones, earlier sources over later ones", () => {
  const text = "a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc: { <<: [*a, *b], x: 0 }\nd: { <<: { <<: *b, q: 3 } }\ne: [*a, *a]\n";
  expect(read(text)).toMatchObject({
    findings: [],
    value: {
      c: { x: 0, y: 1, z: 2 },
      d: { y: 2, z: 2, q: 3 },
      e: [
        { x: 1, y: 1 },
        { x: 1, y: 1 },
      ],
    },
  });
});

test("a merged value stands where it was written", () => {
  expect(read("a: &a\n  x: 1\nb:\n  <<: *a\n").place(["b", "x"])).toMatchObject({ line: 2, column: 6 });
});

test("a key given twice is refused at its second place", () => {
  expect(said("a: 1\nb:\n  c: 1\n  c: 2\n")).toEqual(['a.yml:4:3 b.c: the key "c" is given twice; remove one of them']);
});

test.each([
  ["an alias without anchor", "a: *gone\n", "yaml-alias"],
  ["a merge of text", "a: { <<: text }\n", "yaml-merge"],
  ["an unknown tag", "a: !reset []\n", "yaml-tag"],
  ["a list as key", "? [a]\n: b\n", "yaml-key"],
  ["a second document", "a: 1\n---\nb: 2\n", "yaml-syntax"],
  ["a tab", "a:\n\tb: 1\n", "yaml-syntax"],
  ["an open bracket", "a: [1, 2\n", "yaml-syntax"],
  ["YAML 1.1", "%YAML 1.1\n---\na: yes\n", "yaml-version"],
  ["__proto__", "__proto__: { a: 1 }\n", "yaml-key"],
  ["an alias to itself", "a: &a [ *a ]\n", "yaml-too-deep"],
  ["a merge of itself", "a: &a { <<: *a }\n", "yaml-too-deep"],
])("%s is refused", (_, text, code) => {
  expect(read(text).findings.map((finding) => finding.code)).toContain(code);
});

test("aliases of aliases stop at a limit, long before memory does", () => {
  const levels = Array.from({ length: 12 }, (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(9)}*l${level}]`);
  const started = performance.now();
  const { value, findings } = read(`l0: &l0 x\n${levels.join("\n")}\n`);
  expect(value).toBeUndefined();
  expect(findings.map(({ code }) => code)).toEqual(["yaml-too-large"]);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("merges of merges stop at a limit, too", () => {
  const levels = Array.from({ length: 12 }, (_, level) => `l${level + 1}: &l${level + 1} { <<: [${`*l${level}, `.repeat(9)}*l${level}] }`);
  expect(read(`l0: &l0 { a: 1 }\n${levels.join("\n")}\n`).findings.map(({ code }) => code)).toEqual(["yaml-too-large"]);
});

test("a file nested without end is a finding", () => {
  expect(read("[".repeat(20_000)).findings.length).toBeGreaterThan(0);
  expect(read(`${"{ a: ".repeat(100)}1${" }".repeat(100)}`).findings.map(({ code }) => code)).toEqual(["yaml-too-deep"]);
});

test("numbers keep what people wrote where a double would lose it", () => {
  expect(read("big: 12345678901234567890\nhuge: 1e999\nhex: 0x1F\nneg: -3\n").value).toEqual({
    big: "12345678901234567890",
    huge: "1e999",
    hex: 31,
    neg: -3,
  });
});

test("an empty file is empty, and a file with a byte order mark is read", () => {
  expect(read("").value).toBeNull();
  expect(read("\uFEFFa: 1\nb: 2\n").value).toEqual({ a: 1, b: 2 });
});
