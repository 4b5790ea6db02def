import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFinding } from "@dojang/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProject } from "./load-project.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "dojang-checks-"));
  writeFileSync(
    join(directory, "compose.yaml"),
    "services: { api: { image: nginx }, redis: { image: redis }, debug: { image: nginx, profiles: [ x ] } }\n",
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

const said = (text: string) =>
  readProject({ directory, env: {}, text })
    .findings.filter(
      ({ severity, place, code }) => severity !== "note" && place.file === "dojang.yml" && code !== "environment-without-site",
    )
    .map(formatFinding);

/** The place that `‹` marks, and the text without the mark. */
function marked(text: string): { text: string; place: string } {
  const before = text.slice(0, text.indexOf("‹")).split("\n");
  return { text: text.replace("‹", ""), place: `${before.length}:${(before.at(-1) ?? "").length + 1}` };
}

const run = "steps: [{ run: x }]";

test.each([
  [
    "an unknown job in needs",
    `  a: { ${run}, needs: [‹bb] }\n  b: { ${run} }\n`,
    'jobs.a.needs[0]: there is no job "bb"; did you mean "b"?',
  ],
  ["a job that needs itself", `  a: { ${run}, needs: [‹a] }\n`, "jobs.a.needs[0]: the job a needs itself; remove it"],
  [
    "needs in a circle",
    `  a: { ${run}, needs: [b] }\n  b: { ${run}, needs: [c] }\n  c: { ${run}, needs: [‹a] }\n`,
    "jobs.c.needs[0]: jobs wait for each other: a -> b -> c -> a; remove one of these needs",
  ],
  [
    "a step in an unknown service",
    `  a: { kind: integration, steps: [{ run: x, in: ‹rediss }] }\n`,
    'jobs.a.steps[0].in: there is no service "rediss"; did you mean "redis"?',
  ],
  [
    "a step in a service that a profile leaves out",
    `  a: { kind: integration, prepare: [{ run: x, in: ‹debug }], ${run} }\n`,
    'jobs.a.prepare[0].in: there is no service "debug"; known services: api, redis',
  ],
  [
    "a step in a service where none runs",
    `  a: { steps: [{ run: x, in: ‹api }] }\n`,
    "jobs.a.steps[0].in: a job of kind steps has no running services; remove `in`, or make the job `kind: integration`",
  ],
  [
    "an unknown environment",
    `  a: { ${run}, environment: ‹stagin }\n`,
    'jobs.a.environment: there is no environment "stagin"; did you mean "staging"?; or declare it under `environments:`',
  ],
  [
    "an unknown environment of a matrix",
    `  a: { kind: config, ${run}, strategy: { matrix: { environment: [staging, ‹prod] } } }\n`,
    'jobs.a.strategy.matrix.environment[1]: there is no environment "prod"; known environments: staging, production; or declare it under `environments:`',
  ],
  [
    "a matrix that makes one job twice",
    `  a: { ${run}, strategy: { matrix: ‹{ node: [22, "22"] } } }\n`,
    'jobs.a.strategy.matrix: the matrix makes the job "a (22)" twice; name each value once',
  ],
  [
    "a gate without its report",
    `  a: { ${run}, gate: { patch-coverage: ‹80% } }\n`,
    "jobs.a.gate.patch-coverage: the gate patch-coverage has no coverage to look at; add `reports: { coverage: coverage/lcov.info }`",
  ],
  [
    "an absolute report",
    `  a: { ${run}, reports: { junit: ‹/tmp/x.xml } }\n`,
    'jobs.a.reports.junit: must not be absolute, got "/tmp/x.xml"; write a path relative to the project\'s folder',
  ],
  [
    "a report outside",
    `  a: { ${run}, reports: { sarif: [ok.sarif, ‹a/../../x] } }\n`,
    'jobs.a.reports.sarif[1]: must not leave the project, got "a/../../x"; write a path relative to the project\'s folder',
  ],
  [
    "no label in runs-on",
    `  a: { ${run}, runs-on: ‹[] }\n`,
    "jobs.a.runs-on: must not be empty, got a list of 0; write a value that is allowed here",
  ],
  [
    "a drill of an unknown service",
    `  a: { kind: drill, drills: [{ name: x, fault: ‹{ stop: redsi, for: 3s }, during: { http: GET /, expect: { status: 200 } } }] }\n`,
    'jobs.a.drills[0].fault: there is no service "redsi"; did you mean "redis"?',
  ],
  [
    "a backup of an unknown service",
    `  a: { kind: deploy, environment: staging, backup: { before: [‹postgres] } }\n`,
    'jobs.a.backup.before[0]: there is no service "postgres"; known services: api, redis',
  ],
  [
    "a kind that does not exist",
    `  a: { kind: ‹integratoin, ${run} }\n`,
    'jobs.a.kind: "integratoin" is not allowed here; did you mean "integration"? allowed: steps, config, linked, image, integration, performance, drill, mutation, deploy',
  ],
  [
    "a number without its unit",
    `  a: { ${run}, timeout: ‹15 }\n`,
    "jobs.a.timeout: must be a duration such as 30s, 5m or 1h30m, got 15; write it with its unit",
  ],
  [
    "a misspelt fault",
    `  a: { kind: drill, drills: [{ name: x, fault: { ‹stpo: redis, for: 3s }, during: { http: GET /, expect: {} } }] }\n`,
    'jobs.a.drills[0].fault.stpo: unknown key "stpo"; did you mean "stop"?',
  ],
  [
    "a check of no kind",
    `  a: { kind: linked, checks: [{ name: x, ‹sqll: select 1 }] }\n`,
    'jobs.a.checks[0].sqll: unknown key "sqll"; did you mean "sql"?',
  ],
  [
    "commands for mutants that pytest tries itself",
    `  a: { kind: mutation, mutate: "*.py", engine: pytest, steps: ‹[{ run: x }] }\n`,
    "jobs.a.steps: must not be given with `engine: pytest`, which runs the tests itself, got a list of 1; remove it, or name tests under `tests`",
  ],
  [
    "tests for mutants of Stryker",
    `  a: { kind: mutation, mutate: "*.ts", engine: stryker, tests: ‹tests/unit }\n`,
    'jobs.a.tests: must not be given with `engine: stryker`, which finds the tests of a line itself, got "tests/unit"; remove it, or name a configuration under `config`',
  ],
  [
    "a mutation job that its own timeout would cut off",
    `  a: { kind: mutation, mutate: "*.ts", timeout: 2m, within: ‹5m }\n`,
    'jobs.a.within: must fit into the job\'s `timeout`, got "5m"; raise `timeout`, or lower `within`',
  ],
])("%s is found with its place and what to write", (_, jobs, finding) => {
  const { text, place } = marked(`version: 1\njobs:\n${jobs}`);
  expect(said(text)).toEqual([`dojang.yml:${place} ${finding}`]);
});

test("a value that is not in its environment's list is found", () => {
  const { text, place } = marked(`version: 1\nenvironments: { qa: { variables: [URL], values: { ‹ULR: x } } }\njobs: { a: { ${run} } }\n`);
  expect(said(text)).toEqual([
    `dojang.yml:${place} environments.qa.values.ULR: ULR is not in the environment's list of variables; did you mean "URL"?; or add it to environments.qa.variables`,
  ]);
});

test("what depends on something already found wrong is not judged a second time", () => {
  const text = `version: 1\njobs:\n  a: { ${run}, gate: { coverage: 80% }, reports: { coverage: /x } }\n  b: { steps: [{ rnu: x }], needs: [a] }\n  c: { ${run}, needs: [b] }\n`;
  expect(said(text).map((finding) => finding.split(":")[1])).toEqual(["3", "4", "4"]);
});

test("every finding of a file comes at once, in the order of its lines", () => {
  const text = `version: 1\njobs:\n  a: { ${run}, needs: [gone] }\n  b: { ${run}, tmeout: 3s }\n  c: { ${run}, needs: [a, c] }\n  d: { kind: integration, steps: [{ run: x, in: apii }, { run: y, timeout: 3 }] }\n`;
  expect(said(text).map((finding) => finding.replace(/^dojang.yml:(\d+):\d+ (\S+):.*/, "$1 $2"))).toEqual([
    "3 jobs.a.needs[0]",
    "4 jobs.b.tmeout",
    "5 jobs.c.needs[1]",
    "6 jobs.d.steps[0].in",
    "6 jobs.d.steps[1].timeout",
  ]);
});
