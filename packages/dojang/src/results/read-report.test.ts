import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Problem, type TestAttempt, testId } from "@dojang/model";
import { describe, expect, it } from "vitest";
import { outcomes } from "./outcomes.ts";
import { type ReadReportOptions, readReport } from "./read-report.ts";

const fixture = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, "fixtures", name));

const read = (content: Uint8Array | string, more: Partial<ReadReportOptions> = {}) =>
  readReport({
    content: typeof content === "string" ? new TextEncoder().encode(content) : content,
    path: "out/report",
    workspaceDirectory: "/work",
    ...more,
  });

function readTests(content: Uint8Array | string, more: Partial<ReadReportOptions> = {}): readonly TestAttempt[] {
  const report = read(content, more);
  if (report.holds !== "tests") throw new Error(`holds ${report.holds}`);
  return report.attempts;
}

const table = (attempts: readonly TestAttempt[]): string[] =>
  attempts.map(
    (one) => `${one.project ? `[${one.project}] ` : ""}${one.file} | ${one.titlePath.join(" / ")} #${one.attempt} ${one.status}`,
  );

function problemOf(act: () => unknown): Problem {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("did not throw");
}

describe("JUnit XML", () => {
  it("of Vitest names file and titles, and says why a test failed", () => {
    const attempts = readTests(fixture("vitest.xml"));
    expect(table(attempts)).toEqual([
      "a.test.ts | list / of / adds #1 passed",
      "a.test.ts | list / of / fails #1 failed",
      "a.test.ts | list / of / s #1 skipped",
      "a.test.ts | list / of / flaky #1 passed",
    ]);
    expect(attempts[0]?.output).toBe("hi");
    expect(attempts[1]?.error?.message).toBe("expected { a: 1 } to deeply equal { a: 2 }");
    expect(attempts[1]?.error?.stack).toContain("a.test.ts:2:107");
    expect(attempts[1]?.durationMs).toBeCloseTo(5.51, 1);
  });

  it("of node:test has its nested suites as titles and its absolute files inside the workspace", () => {
    expect(table(readTests(fixture("node-test.xml")))).toEqual([
      "nt/sub/math.test.mjs | math / adding / adds #1 passed",
      "nt/sub/math.test.mjs | math / adding / fails #1 failed",
      "nt/sub/math.test.mjs | math / adding / skips #1 skipped",
      "nt/sub/math.test.mjs | top level #1 passed",
    ]);
  });

  it("of pytest turns modules into files and tells a broken fixture from a failed test", () => {
    const attempts = readTests(fixture("pytest.xml"));
    expect(table(attempts)).toEqual([
      "tests/test_api.py | TestList / test_ok #1 passed",
      "tests/test_api.py | TestList / test_param[1] #1 passed",
      "tests/test_api.py | TestList / test_param[x<y] #1 failed",
      "tests/test_api.py | test_err #1 failed",
      "tests/test_api.py | test_setup #1 error",
      "tests/test_api.py | test_skip #1 skipped",
    ]);
    expect(attempts[3]?.error?.message).toBe("RuntimeError: no & way");
  });

  it("of Playwright is parted into its retries and has the live test's project", () => {
    const live = ["shows", "fails", "flaky @x", "expected"].map((title) => ({
      file: "pw/a.spec.ts",
      titlePath: ["lists", title],
      project: "api",
    }));
    const attempts = readTests(fixture("playwright.xml"), { liveTests: live });
    expect(table(attempts)).toContain("[api] pw/a.spec.ts | lists / fails #1 failed");
    expect(table(attempts)).toContain("[api] pw/a.spec.ts | lists / fails #2 failed");
    expect(attempts.find((one) => one.titlePath[1] === "fails")?.attachments[0]?.name).toBe("error-context.md");
  });

  it("of Surefire has flaky and rerun failures as attempts of one test", () => {
    const attempts = readTests(fixture("surefire.xml"));
    expect(outcomes(attempts).map((one) => [one.attempts[0]?.titlePath[0], one.outcome, one.attempts.length])).toEqual([
      ["adds", "passed", 1],
      ["pays", "flaky", 2],
      ["ships", "failed", 3],
      ["later", "skipped", 1],
    ]);
    expect(attempts[1]).toMatchObject({ status: "failed", output: "first try", error: { message: "expected: <200> but was: <503>" } });
  });

  it("that names a test twice shows a retry", () => {
    const attempts = readTests(
      '<testsuites><testsuite name="s"><testcase name="a" classname="C"><failure message="x"/></testcase><testcase name="a" classname="C"/></testsuite></testsuites>',
    );
    expect(outcomes(attempts)).toMatchObject([{ outcome: "flaky", attempts: [{ attempt: 1 }, { attempt: 2 }] }]);
  });

  it("without a test is said", () => {
    expect(read('<?xml version="1.0"?><testsuites/>').notes).toEqual(["out/report has no test in it"]);
  });

  it("never expands an entity of its own", () => {
    const laughs =
      '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><testsuite name="s"><testcase name="&b;" classname="C"/></testsuite>';
    expect(readTests(laughs)[0]?.titlePath.at(-1)).toBe("&b;");
  });

  it("with an external entity is refused", () => {
    const external =
      '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><testsuite name="s"><testcase name="&f;" classname="C"/></testsuite>';
    expect(problemOf(() => read(external)).message).toContain("External entities are not supported");
  });

  it("keeps markup of CDATA as text", () => {
    const [attempt] = readTests(
      '<testsuite><testcase name="a" classname="C"><failure message="&lt;b&gt;"><![CDATA[<script>&lt;</script>]]></failure></testcase></testsuite>',
    );
    expect(attempt?.error).toEqual({ message: "<b>", stack: "<script>&lt;</script>" });
  });

  it("caps what a test printed and keeps both ends", () => {
    const [attempt] = readTests(
      `<testsuite><testcase name="a" classname="C"><system-out>start${"x".repeat(200_000)}end</system-out></testcase></testsuite>`,
    );
    expect(attempt?.output?.length).toBeLessThan(70_000);
    expect(attempt?.output).toMatch(/^start.*left out.*end$/s);
  });
});

describe("JSON reports", () => {
  it("of Playwright give every attempt with its start, project and errors", () => {
    const attempts = readTests(fixture("playwright.json"));
    expect(table(attempts)).toEqual([
      "[api] pw/a.spec.ts | lists / shows #1 passed",
      "[api] pw/a.spec.ts | lists / fails #1 failed",
      "[api] pw/a.spec.ts | lists / fails #2 failed",
      "[api] pw/a.spec.ts | lists / later #1 skipped",
      "[api] pw/a.spec.ts | lists / flaky @x #1 failed",
      "[api] pw/a.spec.ts | lists / flaky @x #2 passed",
      "[api] pw/a.spec.ts | lists / expected #1 passed",
    ]);
    expect(attempts[1]?.error?.message).toBe("Error: expect(received).toBe(expected) // Object.is equality");
    expect(attempts[1]?.startedAt).toBeGreaterThan(0);
    expect(attempts[0]?.testId).toBe(testId({ file: "pw/a.spec.ts", titlePath: ["lists", "shows"], project: "api" }));
  });

  it("of CTRF give attempts before the last and know a flaky test", () => {
    const attempts = readTests(fixture("ctrf.json"));
    expect(table(attempts)).toEqual([
      "tests/cart.test.js | cart / adds #1 passed",
      "[chromium] tests/cart.test.js | cart / pays #1 failed",
      "[chromium] tests/cart.test.js | cart / pays #2 passed",
      "tests/cart.test.js | ships #1 skipped",
    ]);
    expect(outcomes(attempts)[1]?.outcome).toBe("flaky");
  });

  it("of SARIF give findings with levels of their rules and repository paths", () => {
    expect(read(fixture("eslint.sarif"))).toMatchObject({
      kind: "sarif",
      findings: [
        { tool: "ESLint", rule: "no-undef", level: "error", message: "'foo' is not defined.", file: "src/a b.ts", line: 3, column: 7 },
        { level: "note", file: "packages/api/src/c.ts" },
      ],
    });
  });
});

describe("coverage", () => {
  it("of Cobertura is placed by its source roots and merges the classes of a file", () => {
    expect(read(fixture("cobertura.xml"))).toMatchObject({
      kind: "cobertura",
      coverage: { files: [{ path: "api/src/app/main.py", hits: { 1: 1, 2: 0, 5: 2 } }] },
    });
  });

  it("of LCOV takes absolute, relative and packages' paths", () => {
    const lcov =
      "TN:\nSF:/work/src/a.ts\nDA:1,2\nDA:2,0\nend_of_record\nSF:src/b.ts\nDA:1,1,checksum\nend_of_record\nSF:/work/src/a.ts\nDA:2,3\nend_of_record\n";
    const known = new Set(["src/a.ts", "packages/api/src/b.ts"]);
    expect(read(lcov, { path: "packages/api/coverage/lcov.info", repositoryFiles: known })).toMatchObject({
      coverage: {
        files: [
          { path: "packages/api/src/b.ts", hits: { 1: 1 } },
          { path: "src/a.ts", hits: { 1: 2, 2: 3 } },
        ],
      },
    });
  });

  it("without a line is said", () => {
    expect(read("TN:\nSF:a.ts\nend_of_record\n").notes).toEqual(["out/report has no executable line in it"]);
  });
});

describe("a damaged report", () => {
  it.each([
    ["XML cut in half", '<testsuites>\n<testsuite name="a">\n<testcase name="x"', /cannot be read as junit/],
    [
      "JSON cut in half",
      '{ "config": { "rootDir": "/work" },\n "suites": [',
      /cannot be read as playwright: is not JSON at line 2, column 13/,
    ],
    ["JSON of another shape", '{ "config": { "rootDir": "/work" }, "suites": [ { "title": 3 } ] }', /suites\[0\]\.title/],
    ["an LCOV record cut in half", "SF:a.ts\nDA:1,1\n", /has no end_of_record at line 3/],
    ["an LCOV line of nonsense", "SF:a.ts\nDA:one,1\nend_of_record\n", /`DA:one,1` is not DA:line,hits at line 2/],
    ["an empty file", "", /is empty/],
    ["some other text", "hello", /is none of JUnit XML/],
  ])("(%s) is a Problem with the file, the place and a fix", (_, content, message) => {
    const problem = problemOf(() => read(content));
    expect(problem).toMatchObject({ code: "report-unreadable", message: expect.stringMatching(message), place: { file: "out/report" } });
    expect(problem.message).toMatch(/^out\/report: /);
    expect(problem.fix).not.toBe("");
  });

  it("(XML with a wrong end tag) is told by line and column", () => {
    expect(problemOf(() => read("<testsuites>\n  <testsuite></testsuites>")).place).toEqual({
      file: "out/report",
      line: 2,
      column: expect.any(Number),
    });
  });

  it("(elements nested without end) does not exhaust the stack", () => {
    const deep = `<testsuites>${"<testsuite>".repeat(50_000)}${"</testsuite>".repeat(50_000)}</testsuites>`;
    expect(problemOf(() => read(deep)).message).toMatch(/nest/i);
  });
});
