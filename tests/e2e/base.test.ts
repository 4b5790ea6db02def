import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lastJson, type Stage, setStage } from "./stage.ts";

/** A performance job compares a change with its base, each a running copy of what its commit has. */
let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

interface LoadJson {
  readonly gates: readonly { readonly gate: string; readonly seen: string; readonly held: boolean }[];
  readonly load: readonly {
    readonly comparison?: {
      readonly base: string;
      readonly verdict: string;
      readonly reasons: readonly string[];
      readonly metrics: readonly { readonly words: string; readonly verdict: string; readonly smallestDetectable: number }[];
    };
  }[];
}

const performance = `jobs:
  performance:
    kind: performance
    scenario: traffic.yaml
    warm-up: 0s
    profiles: { load: { rate: 100/s, for: 1s } }
    gate: { regression: 15% }
`;

test("a first commit has no base, a slower change fails with ratio and interval, a base that cannot be built is told", {
  timeout: 900_000,
}, async () => {
  const directory = await stage.copy("counter", { "dojang.yml": (text) => text.replace(/jobs:\n.*/s, performance) });
  await writeFile(join(directory, "traffic.yaml"), "target: http://counter:8000\nrequests: [GET /count/one]\n");
  const prove = async (exitCode: number) => {
    const ended = await stage.run(["run", "--json"], { directory });
    const { load, gates } = lastJson<LoadJson>(ended);
    expect(ended.exitCode, JSON.stringify({ gates, load: load.map(({ comparison }) => comparison) })).toBe(exitCode);
    return { comparison: load[0]?.comparison, gates };
  };
  await git(directory, "init", "-q", "-b", "main");
  await commit(directory, "fast");

  const first = await prove(0);
  expect(first.comparison).toMatchObject({ verdict: "missing", reasons: ["this is the first commit"] });
  expect(first.gates).toMatchObject([{ gate: "load: regression", seen: "not compared: this is the first commit", held: true }]);

  const counter = join(directory, "services", "counter.mjs");
  const fast = await readFile(counter, "utf8");
  // Several times what an answer costs otherwise: no machine is so noisy that it could hide it.
  const slow = fast.replace("const next =", 'pbkdf2Sync("a", "b", 4000, 32, "sha256");\n  const next =');
  await writeFile(counter, `import { pbkdf2Sync } from "node:crypto";\n${slow}`);
  await commit(directory, "slow");
  const slower = await prove(1);
  // What the first run wrote is no change of the tree, or the base would be this commit itself.
  expect(slower.comparison).toMatchObject({ verdict: "slower", base: await git(directory, "rev-parse", "--short=10", "HEAD~1") });
  expect(slower.comparison?.metrics.find(({ verdict }) => verdict === "slower")?.words).toMatch(
    /^(CPU per request|p\d\d) is \d+\.\d\dx the base, 99\.\d % interval \d+\.\d\d-\d+\.\d\d$/,
  );
  expect(slower.gates).toMatchObject([{ gate: "load: regression", held: false, seen: expect.stringContaining("x the base") }]);

  const file = join(directory, "dojang.yml");
  const builds = await readFile(file, "utf8");
  await writeFile(file, builds.replaceAll("build: []", 'build: ["false"]'));
  await commit(directory, "broken");
  await writeFile(file, builds);
  await commit(directory, "mended");
  const mended = await prove(0);
  const broken = await git(directory, "rev-parse", "--short=10", "HEAD~1");
  expect(mended.comparison).toMatchObject({ verdict: "missing", base: broken });
  expect(mended.comparison?.reasons[0]).toMatch(new RegExp(`^the base ${broken} cannot be started: .*false`, "s"));
  await stage.expectNothingLeft();
});

async function commit(directory: string, message: string): Promise<void> {
  await git(directory, "add", "-A");
  await git(directory, "-c", "user.name=Tester", "-c", "user.email=tester@example.org", "commit", "-q", "-m", message);
}

async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("git", [...args], { cwd: directory });
  return stdout.trim();
}
