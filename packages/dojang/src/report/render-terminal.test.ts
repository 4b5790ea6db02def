import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { exampleRun } from "./example-run.ts";
import { renderTerminal } from "./render-terminal.ts";
import { toJson } from "./to-json.ts";

const failing = exampleRun({ tests: 60, transactionsPerTest: 6, failing: true });

describe("the terminal summary", () => {
  it("names the test, the request, the service's line, the command and the report", () => {
    const text = renderTerminal(failing, { color: false, columns: 120, reportPath: "out/report.html" });
    const look = text.slice(text.indexOf("Look first"));
    expect(text).toMatch(/^todo #42 failed in 1 min 36 s at 9f3c1e07ab/);
    expect(text).toContain("54 passed, 4 failed, 1 flaky, 1 skipped");
    expect(look).toMatch(/^Look first: lists › signs in again\n {2}tests\/lists\.spec\.ts \(integration\), and 2 more that failed alike/);
    expect(look).toMatch(
      /[A-Z]+ http:\/\/api:8000\/\S+ -> 500\n {2}api \| TypeError: Cannot read properties of undefined \(reading 'id'\)\n\s+\|\s+at mayOpen/,
    );
    expect(look).toMatch(/dojang logs --request-id [0-9a-f]{32}\n/);
    expect(text).toMatch(/Report: out\/report\.html\n$/);
  });

  it("quotes what a Problem quotes on lines of its own", () => {
    const problem = {
      code: "service-exited",
      message: "service api ended with 3\n  api | no such table: users\n  api | bye",
      fix: "read it",
    };
    const text = renderTerminal({ ...failing, problems: [problem] }, { color: false, columns: 100 });
    expect(text).toContain(
      "Look first: service api ended with 3\n  api | no such table: users\n  api | bye\n  service-exited\n  fix: read it\n",
    );
  });

  it("has colours only when asked, and never wider lines than the terminal but for what is copied", () => {
    expect(stripVTControlCharacters(renderTerminal(failing, { color: false, columns: 60 }))).toBe(
      renderTerminal(failing, { color: false, columns: 60 }),
    );
    const coloured = renderTerminal(failing, { color: true, columns: 60 });
    expect(coloured).toContain("\u001b[");
    const long = stripVTControlCharacters(coloured)
      .split("\n")
      .filter((line) => line.length > 60);
    expect(long.every((line) => line.includes("dojang logs"))).toBe(true);
  });

  it("lets nothing a service or test wrote reach the terminal as a command", () => {
    const evil = "\u001b]0;owned\u0007\u001b[2Jtitle\r\u0000";
    const attempts = failing.attempts.map((attempt) => ({ ...attempt, titlePath: [evil], error: attempt.error && { message: evil } }));
    const logsByRequest = Object.fromEntries(
      Object.entries(failing.logsByRequest).map(([id, logs]) => [id, logs.map((log) => ({ ...log, text: evil }))]),
    );
    const text = renderTerminal(
      { ...failing, attempts, logsByRequest, run: { ...failing.run, project: evil } },
      { color: false, columns: 200 },
    );
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe("the JSON of a run", () => {
  it("has totals, tests with their request ids, and what to look at first", () => {
    const json = toJson(failing);
    expect(json.totals).toEqual({
      passed: 54,
      failed: 4,
      flaky: 1,
      skipped: 1,
      transactions: failing.transactions.length,
      outsideCalls: 0,
    });
    expect(
      json.tests.find((test) => test.outcome === "flaky")?.attempts.map(({ status, requestIds }) => [status, requestIds.length]),
    ).toEqual([
      ["failed", 6],
      ["passed", 6],
    ]);
    expect(json.lookFirst[0]?.kind).toBe("tests");
    const owned = json.tests.flatMap((test) => test.attempts.flatMap((attempt) => attempt.requestIds)).length;
    expect(owned + json.requestsOfNoTest.length).toBe(json.totals.transactions);
    expect(JSON.parse(JSON.stringify(json))).toMatchObject({ version: 1, run: { number: 42 } });
  });
});
