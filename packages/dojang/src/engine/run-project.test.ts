import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent } from "@dojang/model";
import { FakeRuntime, type FakeScript } from "@dojang/runtime";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadProject } from "../config/load-project.ts";
import { jobsOfRun } from "../store/jobs.ts";
import { listLive } from "../store/ledger.ts";
import { openTestStore } from "../store/test-store.ts";
import { testResults } from "../store/tests.ts";
import { gatherFacts } from "./gather-facts.ts";
import { runProject } from "./run-project.ts";

let testStore: Awaited<ReturnType<typeof openTestStore>>;
let directory: string;

beforeAll(async () => {
  testStore = await openTestStore();
});
afterAll(() => testStore.close());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dojang-project-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const junit = (cases: string) => `<testsuites><testsuite name="a.test.ts">${cases}</testsuite></testsuites>`;
const noChange = { commit: undefined, branch: "main", message: undefined, dirty: true, base: undefined, paths: undefined };

async function prove(jobs: string, script: FakeScript, options: { signal?: AbortSignal; onEvent?: (event: RunEvent) => void } = {}) {
  await writeFile(join(directory, "dojang.yml"), `version: 1\nname: sample\nworkspace: { install: [] }\njobs:\n${jobs}`);
  const events: RunEvent[] = [];
  const runtime = new FakeRuntime({ script });
  const { run, plan } = await runProject({
    store: testStore.store,
    home: testStore.home,
    runtime,
    preloadDirectory: "/opt/dojang/preload",
    project: await loadProject({ directory, env: {} }),
    change: noChange,
    trusted: true,
    signal: options.signal ?? new AbortController().signal,
    emit: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  const jobStates = Object.fromEntries((await jobsOfRun(testStore.store, run.id)).map((job) => [job.name, `${job.state} ${job.reason}`]));
  return { run, plan, runtime, events, jobs: jobStates };
}

/** A workspace whose commands are played: what `run:` lines print and end with, and the files that `cat` and globs find. */
function workspace(lines: Record<string, number | (() => Promise<number>)>, files: Record<string, string> = {}): FakeScript {
  return ({ argv }) =>
    async ({ print, stdin }) => {
      const line = argv.at(-1) ?? "";
      if (argv.includes("pack")) print("the packed folder");
      if (argv[0] === "tar") files.restored = Buffer.from(stdin).toString();
      if (argv[0] === "cat") print(files[line] ?? "");
      else if (argv[3] === "find") for (const path of argv.slice(4)) if (path in files) print(`${path}\0`);
      const answer = lines[line] ?? 0;
      return typeof answer === "number" ? answer : answer();
    };
}

describe("a run", () => {
  test("passes when every job does, and leaves no environment and no ledger entry", async () => {
    const { run, jobs, runtime } = await prove(
      "  a: { steps: [{ run: one }] }\n  b: { needs: [a], steps: [{ run: two }] }\n",
      workspace({}),
    );

    expect(run.state).toBe("passed");
    expect(jobs).toEqual({ a: "passed done", b: "passed done" });
    expect(await runtime.list()).toEqual([]);
    expect(await listLive(testStore.store)).toEqual([]);
  });

  test("fails when a step does; what needs it is skipped, what does not still runs", async () => {
    const file = "  a: { steps: [{ run: bad }, { run: never }] }\n  b: { needs: [a], steps: [{ run: x }] }\n  c: { steps: [{ run: x }] }\n";
    const { run, jobs, events } = await prove(file, workspace({ bad: 3 }));

    expect(run.state).toBe("failed");
    expect(jobs).toEqual({ a: "failed failed", b: "skipped dependency-failed", c: "passed done" });
    expect(events.some((event) => event.kind === "step-started" && event.step === "never")).toBe(false);
  });

  test("fails when a report names a failed test, although its step ended with 0", async () => {
    const report = junit(
      '<testcase name="works" classname="a.test.ts"/><testcase name="breaks" classname="a.test.ts"><failure message="no"/></testcase>',
    );
    const { run } = await prove("  unit: { steps: [{ run: t }], reports: { junit: out/u.xml } }\n", workspace({}, { "out/u.xml": report }));

    expect(run.state).toBe("failed");
    const results = await testResults(testStore.store, { run: run.id });
    expect(results.map(({ titlePath, outcome }) => [titlePath.join(" "), outcome])).toEqual([
      ["works", "passed"],
      ["breaks", "failed"],
    ]);
  });

  test("fails when a promised report is missing or has no test in it: a check that looked at nothing proves nothing", async () => {
    const file =
      "  none: { steps: [{ run: t }], reports: { junit: out/none.xml } }\n  empty: { steps: [{ run: t }], reports: { junit: out/e.xml } }\n";
    const { run, jobs } = await prove(file, workspace({}, { "out/e.xml": junit("") }));
    const facts = await gatherFacts({ store: testStore.store, run, runtime: { name: "fake", summary: "", notPromised: [] }, leftOut: [] });

    expect(jobs).toEqual({ none: "failed failed", empty: "failed failed" });
    expect(facts.problems.map((problem) => `${problem.job} ${problem.code}`).sort()).toEqual(["empty no-tests", "none report-missing"]);
  });

  test("ends a job that outlives its timeout, and says so", async () => {
    const { run, jobs, runtime } = await prove(
      "  slow: { timeout: 200ms, steps: [{ run: forever }] }\n",
      workspace({ forever: () => new Promise(() => {}) }),
    );

    expect(jobs.slow).toBe("failed timeout");
    const { problems } = await gatherFacts({
      store: testStore.store,
      run,
      runtime: { name: "fake", summary: "fake", notPromised: [] },
      leftOut: [],
    });
    expect(problems).toMatchObject([
      { code: "job-timeout", message: expect.stringMatching(/^ended after its timeout of 0\.2 s, in step "forever"/) },
    ]);
    expect(await runtime.list()).toEqual([]);
  });

  test("interrupted, it tears everything down and is recorded as cancelled", async () => {
    const interruption = new AbortController();
    const { run, jobs, runtime } = await prove(
      "  a: { steps: [{ run: forever }] }\n  b: { needs: [a], steps: [{ run: x }] }\n",
      workspace({ forever: () => new Promise(() => {}) }),
      { signal: interruption.signal, onEvent: (event) => event.kind === "step-started" && interruption.abort() },
    );

    expect(run.state).toBe("cancelled");
    expect(jobs).toEqual({ a: "cancelled user", b: "cancelled user" });
    expect(await runtime.list()).toEqual([]);
    expect(await listLive(testStore.store)).toEqual([]);
  });

  test("keeps a job's cached folders while the key's files stay as they are, and not after", async () => {
    const file = "  a: { cache: { key: lock.json, paths: [.cache] }, steps: [{ run: x }] }\n";
    await writeFile(join(directory, "lock.json"), "1");
    const restoredBy = async () => {
      const files: Record<string, string> = {};
      await prove(file, workspace({}, files));
      return files.restored;
    };

    expect(await restoredBy()).toBeUndefined();
    expect(await restoredBy()).toBe("the packed folder");
    await writeFile(join(directory, "lock.json"), "2");
    expect(await restoredBy()).toBeUndefined();
  });

  test("with fail-fast the first failed combination of a matrix cancels those that wait", async () => {
    const file =
      '  m: { strategy: { matrix: { n: ["1", "2", "3", "4"] }, fail-fast: true }, concurrency: { group: one-at-a-time }, steps: [{ run: bad }] }\n';
    const { jobs } = await prove(file, workspace({ bad: 1 }));

    expect(jobs["m (1)"]).toBe("failed failed");
    expect(Object.values(jobs).slice(1)).toEqual(Array(3).fill("cancelled failed"));
  });

  test("lays the same workspace out once, and again when a source changes", async () => {
    await mkdir(join(directory, "src"));
    await writeFile(join(directory, "src", "a.ts"), "one");
    await prove("  a: { steps: [{ run: x }] }\n", workspace({}));
    const first = await readdir(join(testStore.home, "workspaces"));
    await prove("  a: { steps: [{ run: x }] }\n", workspace({}));
    expect(await readdir(join(testStore.home, "workspaces"))).toEqual(first);

    await writeFile(join(directory, "src", "a.ts"), "two");
    await prove("  a: { steps: [{ run: x }] }\n", workspace({}));
    expect(await readdir(join(testStore.home, "workspaces"))).toHaveLength(first.length + 1);
  });
});
