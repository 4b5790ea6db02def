import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatFinding } from "@dojang/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkProject, loadProject } from "./load-project.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dojang-check-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const compose = "services:\n  api: { image: redis }\n";

async function findings(job: string, files: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const all = {
    "compose.yaml": compose,
    "dojang.yml": `version: 1\nname: sample\njobs:\n  traffic:\n    kind: performance\n${job}`,
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  const { findings: found } = await checkProject({ directory, env: {} });
  return found.filter(({ severity }) => severity === "error").map(formatFinding);
}

const load = "    profiles: { load: { rate: 5/s, for: 1s } }\n";
const usual = `    scenario: perf/traffic.yaml\n${load}`;
const good = "target: http://api:6379\nrequests: [GET /]\n";

test("a scenario that is right has no finding", async () => {
  expect(await findings(usual, { "perf/traffic.yaml": good })).toEqual([]);
});

test("a scenario that is not there is said where it is named, and nothing can be run", async () => {
  expect(await findings(usual)).toEqual([expect.stringMatching(/^dojang\.yml:6:\d+ jobs\.traffic\.scenario: .*perf\/traffic\.yaml/)]);
  await expect(loadProject({ directory, env: {} })).rejects.toMatchObject({ code: "configuration-invalid" });
});

test("every mistake in the scenario has its own line and fix, and is said once for two jobs", async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a scenario's own placeholder
  const scenario = 'target: http://api:6379\nrequests:\n  - request: GET /\n    expct: { status: 200 }\n  - "GET /${nobody}"\n';
  const other = `${usual}  again:\n    kind: performance\n${usual}`;
  const said = await findings(other, { "perf/traffic.yaml": scenario });
  expect(said).toEqual([expect.stringMatching(/^perf\/traffic\.yaml:4:\d+ .*unknown key "expct".*expect/s)]);
  const unknown = await findings(usual, { "perf/traffic.yaml": scenario.replace("expct", "expect") });
  expect(unknown).toEqual([expect.stringMatching(/^perf\/traffic\.yaml:5:.*nobody/s)]);
});

test("a variable that the scenario needs is one of the job's, of the file's or of every run's", async () => {
  const scenario = `env: [TOKEN, DOJANG_RUN]\n${good}`;
  expect(await findings(usual, { "perf/traffic.yaml": scenario })).toEqual([
    expect.stringMatching(/^perf\/traffic\.yaml:1:.*TOKEN is not set/s),
  ]);
  expect(await findings(`    env: { TOKEN: abc }\n${usual}`, { "perf/traffic.yaml": scenario })).toEqual([]);
});

test("whom the traffic asks must be said, and must be a service", async () => {
  const noTarget = { "perf/traffic.yaml": "requests: [GET /]\n" };
  expect(await findings(usual, noTarget)).toEqual([expect.stringMatching(/^dojang\.yml:6:.*nobody says which service is asked/s)]);
  expect(await findings(`    target: http://example.org\n${usual}`, noTarget)).toEqual([
    expect.stringMatching(/^dojang\.yml:6:.*example\.org is no service of the environment.*api/s),
  ]);
  expect(await findings(`    env: { API_URL: "http://api:6379" }\n    target: $API_URL\n${usual}`, noTarget)).toEqual([]);
});

test("a rate of zero, a ramp that falls and a peak that is none are refused", async () => {
  const profiles = (text: string) => findings(`    scenario: perf/traffic.yaml\n    profiles: ${text}\n`, { "perf/traffic.yaml": good });
  expect(await profiles("{ load: { rate: 0/s, for: 1s } }")).toEqual([expect.stringMatching(/^dojang\.yml:7:.*above 0.*0\/s/s)]);
  expect(await profiles("{ stress: { ramp: [50/s, 10/s], for: 1s } }")).toEqual([
    expect.stringMatching(/^dojang\.yml:7:.*from 50\/s to 10\/s.*lower rate first/s),
  ]);
  expect(await profiles("{ spike: { rate: 50/s, peak: 50/s, for: 1s } }")).toEqual([
    expect.stringMatching(/^dojang\.yml:7:.*peak of 50\/s/s),
  ]);
});
