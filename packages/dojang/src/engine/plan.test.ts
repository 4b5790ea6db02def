import { dojangFile } from "@dojang/model";
import { describe, expect, test } from "vitest";
import { type ChangeFacts, planRun } from "./plan.ts";

const onMain: ChangeFacts = { event: "push", branch: "main", paths: ["src/a.ts"] };
const step = { steps: [{ run: "true" }] };

function plan(jobs: Record<string, unknown>, change = onMain, only?: readonly string[]) {
  return planRun({ file: dojangFile.parse({ version: 1, jobs: withKinds(jobs) }), change, only }).jobs;
}

/** The loader fills in the default kind before the schema sees a job. */
function withKinds(jobs: Record<string, unknown>) {
  return Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, { kind: "steps", ...(job as object) }]));
}

describe("planning a run", () => {
  test("a job comes after the jobs it needs, whatever the order in the file", () => {
    const names = plan({ last: { ...step, needs: ["first"] }, first: step }).map((job) => job.name);

    expect(names).toEqual(["first", "last"]);
  });

  test("a matrix makes one job per combination, and a need on it means all of them", () => {
    const jobs = plan({
      config: { ...step, strategy: { matrix: { environment: ["staging", "production"] } } },
      after: { ...step, needs: ["config"] },
    });

    expect(jobs.map((job) => job.name)).toEqual(["config (staging)", "config (production)", "after"]);
    expect(jobs[0]?.environment).toBe("staging");
    expect(jobs[2]?.needs).toEqual(["config (staging)", "config (production)"]);
  });

  test("a condition that does not hold skips the job and those that need it, saying why", () => {
    const jobs = plan({ deploy: { ...step, when: { branch: "release/*" } }, smoke: { ...step, needs: ["deploy"] } });

    expect(jobs.map((job) => job.skipped)).toEqual(["runs on branch release/*, this is main", "needs deploy, which is skipped"]);
  });

  test("nothing is deployed unless told to, nor anything that needs a deployment", () => {
    const jobs = { staging: { kind: "deploy", environment: "staging" }, functional: { ...step, needs: ["staging"] } };
    const file = dojangFile.parse({ version: 1, jobs });

    const skipped = (deploy: boolean) => planRun({ file, change: onMain, deploy }).jobs.map((job) => job.skipped);
    expect(skipped(false)).toEqual(["nothing is deployed without --deploy", "needs staging, which is skipped"]);
    expect(skipped(true)).toEqual([undefined, undefined]);
  });

  test("a path filter holds only when the touched paths are known", () => {
    const jobs = { docs: { ...step, when: { paths: ["docs/**"] } } };

    expect(plan(jobs)[0]?.skipped).toBe("the change touches none of docs/**");
    expect(plan(jobs, { ...onMain, paths: undefined })[0]?.skipped).toBeUndefined();
  });

  test("asking for one job plans it and what it needs, and nothing else", () => {
    const names = plan({ a: step, b: { ...step, needs: ["a"] }, c: step }, onMain, ["b"]).map((job) => job.name);

    expect(names).toEqual(["a", "b"]);
  });

  test("asking for a job that is not there names those that are", () => {
    expect(() => plan({ a: step }, onMain, ["b"])).toThrow(/no job "b"/);
  });

  test("jobs that wait for each other are refused with the whole cycle", () => {
    expect(() => plan({ a: { ...step, needs: ["b"] }, b: { ...step, needs: ["a"] } })).toThrow("a needs b needs a");
  });
});
