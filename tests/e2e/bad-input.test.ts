import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ended } from "./dojang-command.ts";
import { type Changes, lastJson, type Stage, setStage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

interface BadInput {
  readonly name: string;
  readonly changes: Changes;
  readonly exitCode: number;
  readonly code: string;
  /** Of the message with its place and fix. */
  readonly says: RegExp;
}

describe("files that are wrong end 2 before anything is made", () => {
  const inputs: readonly BadInput[] = [
    {
      name: "YAML that cannot be read",
      changes: { "dojang.yml": "version: 1\njobs: { integration: [\n" },
      exitCode: 2,
      code: "yaml-syntax",
      says: /^dojang\.yml:\d+:\d+/m,
    },
    {
      name: "a key nobody knows",
      changes: { "dojang.yml": (text) => text.replace("    steps:", "    stepz:") },
      exitCode: 2,
      code: "unknown-key",
      says: /^dojang\.yml:10:5 jobs\.integration\.stepz: unknown key "stepz"; did you mean "steps"/m,
    },
    {
      name: "a variable that is required and missing",
      changes: { "compose.yaml": (text) => text.replace(":-hello", ":?say how to greet") },
      exitCode: 2,
      code: "compose-variable",
      says: /^compose\.yaml:8:17 services\.gate\.environment\.GREETING: .*say how to greet/m,
    },
    {
      name: "two services that publish one port",
      changes: { "compose.yaml": (text) => text.replace("18000:8000", "18080:8000") },
      exitCode: 2,
      code: "port-clash",
      says: /^compose\.yaml:15:12 services\.counter\.ports: .*gate and counter both publish port 18080/m,
    },
    {
      name: "jobs that need each other",
      changes: {
        "dojang.yml": (text) =>
          text.replace("jobs:\n", "jobs:\n  one: { needs: [two], steps: [{ run: ls }] }\n  two: { needs: [one], steps: [{ run: ls }] }\n"),
      },
      exitCode: 2,
      code: "needs-cyclic",
      says: /one.*two/,
    },
    {
      name: "services that wait for each other",
      changes: { "compose.yaml": (text) => `${text}    depends_on: [gate]\n` },
      exitCode: 2,
      code: "depends-on-cyclic",
      says: /counter.*gate|gate.*counter/,
    },
    {
      name: "a project without dojang.yml",
      changes: { "dojang.yml": undefined },
      exitCode: 2,
      code: "dojang-file-missing",
      says: /dojang init/,
    },
  ];
  test.for(inputs)("$name", async ({ changes, exitCode, code, says }) => {
    const directory = await stage.copy("counter", changes);
    const ended = await stage.run(["run", "--json"], { directory });
    expect(ended.exitCode, ended.stderr).toBe(exitCode);
    expect(codesOf(ended)).toContain(code);
    expect(ended.stderr.replace(/^ {2}/gm, "")).toMatch(says);
    await stage.expectNothingLeft();
  });
});

describe("systems that cannot be started or proved leave nothing behind", () => {
  const inputs: readonly BadInput[] = [
    {
      name: "an image that no program of this machine stands for",
      changes: { "compose.yaml": (text) => `${text}\n  search:\n    image: elasticsearch:8\n` },
      exitCode: 2,
      code: "image-unavailable",
      says: /elasticsearch:8/,
    },
    {
      name: "a health check that never succeeds",
      changes: {
        "dojang.yml": (text) => text.replace("steps:\n", "start-timeout: 3s\n    retry: { max: 0 }\n    steps:\n"),
        "services/counter.mjs": (text) =>
          text.replace('return response.end("ok")', 'return response.writeHead(503).end("still warming up")'),
      },
      exitCode: 3,
      code: "start-timeout",
      says: /read the log of counter,.*counter is starting \(GET \/health on port 8000 -> 503\)/,
    },
    {
      name: "a service that ends at once",
      changes: { "services/counter.mjs": 'console.error("no such table: counts");\nprocess.exit(3);\n' },
      exitCode: 1,
      code: "service-exited",
      says: /counter.*3.*no such table: counts/s,
    },
    {
      name: "a build that fails",
      changes: { "dojang.yml": (text) => text.replace("counter: { build: []", 'counter: { build: ["echo compiling; exit 4"]') },
      exitCode: 1,
      code: "build-failed",
      says: /echo compiling; exit 4.*4.*compiling/s,
    },
    {
      name: "a report that was promised and is not there",
      changes: { "dojang.yml": (text) => text.replace("junit: tests.xml", "junit: out/other.xml") },
      exitCode: 1,
      code: "report-missing",
      says: /out\/other\.xml/,
    },
    {
      name: "a test report without a test",
      changes: { "dojang.yml": (text) => text.replace(/run: node .*"/, "run: echo '<testsuites></testsuites>' > tests.xml") },
      exitCode: 1,
      code: "no-tests",
      says: /no test/,
    },
  ];
  test.for(inputs)("$name", { timeout: 90_000 }, async ({ changes, exitCode, code, says }) => {
    const directory = await stage.copy("counter", changes);
    const ended = await stage.run(["run", "--json"], { directory });
    expect(codesOf(ended), ended.stderr + ended.stdout).toContain(code);
    expect(ended.exitCode, ended.stderr).toBe(exitCode);
    expect(JSON.stringify(lastJson<ResultJson>(ended).problems)).toMatch(says);
    await stage.expectNothingLeft();
  });

  test("a step that fails is a result and no Problem: exit 1, and its last lines", async () => {
    const directory = await stage.copy("counter", { "dojang.yml": withSteps("echo one two three; exit 5") });
    const { exitCode, stdout } = await stage.run(["run"], { directory });
    expect(exitCode).toBe(1);
    expect(stdout.slice(stdout.indexOf("Look first"))).toContain("one two three");
    await stage.expectNothingLeft();
  });

  test("a step that does not end is ended at its timeout, with what it started: exit 1", async () => {
    const directory = await stage.copy("counter", { "dojang.yml": withSteps("echo waiting; sleep 3600 & sleep 3601", "timeout: 8s") });
    const { exitCode, stdout } = await stage.run(["run"], { directory });
    expect(exitCode).toBe(1);
    expect(stdout.slice(stdout.indexOf("Look first"))).toMatch(/ended after its timeout of 8 s.*\n {2}\| waiting\n {2}job-timeout in try/);
    await stage.expectNothingLeft();
  });

  test("a disk that is full fails the step that fills it, and the run is told why", async () => {
    const directory = await stage.copy("counter", {
      "dojang.yml": withSteps("for one in 1 2 3 4; do head -c 8M /dev/zero > big-$one; done", "limits: { disk: 16m }"),
    });
    const { exitCode, stdout } = await stage.run(["run"], { directory });
    expect(exitCode).toBe(1);
    expect(stdout.slice(stdout.indexOf("Look first"))).toMatch(/No space left on device/);
    await stage.expectNothingLeft();
  });
});

test.each(["DATABASE_URL", "DOJANG_DATABASE_URL"])("a database of %s that cannot be reached ends 3", async (variable) => {
  const directory = await stage.copy("counter");
  const environment = { [variable]: "postgres://nobody@127.0.0.1:9/nothing" };
  const ended = await stage.run(["run", "--json"], { directory, environment });
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(codesOf(ended)).toContain("store-unavailable");
  await stage.expectNothingLeft();
});

interface ResultJson {
  readonly problem?: { readonly code: string; readonly findings: readonly { readonly code: string }[] };
  readonly problems?: readonly { readonly code: string }[];
}

/** Codes of what was thrown, of its findings, and of Problems that ended a job. */
function codesOf(ended: Ended): string[] {
  const { problem, problems = [] } = lastJson<ResultJson>(ended);
  const thrown = problem === undefined ? [] : [problem.code, ...problem.findings.map(({ code }) => code)];
  return [...thrown, ...problems.map(({ code }) => code)];
}

/** A project of one job without services. */
function withSteps(run: string, more = ""): (text: string) => string {
  return (text) => `${text.slice(0, text.indexOf("jobs:"))}jobs:\n  try:\n    ${more}\n    steps: [{ run: ${JSON.stringify(run)} }]\n`;
}
