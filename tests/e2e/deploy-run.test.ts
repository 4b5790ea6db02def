import { expect, test } from "vitest";
import { notesSite } from "./notes-site.ts";
import { lastJson } from "./stage.ts";

interface RunLine {
  readonly kind: string;
  readonly jobs: readonly { readonly id: string; readonly state: string; readonly endReason?: string; readonly detail?: string }[];
  readonly totals: { readonly transactions: number };
  readonly requestsOfNoTest: readonly { readonly method: string; readonly url: string }[];
  readonly deployments: readonly { readonly job: string; readonly state: string; readonly steps: readonly { readonly name: string }[] }[];
  readonly problems: readonly { readonly code: string; readonly fix: string }[];
}

const asksTheSite = `
const answer = await fetch(process.env.DOJANG_URL + "/");
if (answer.status !== 200) throw new Error(\`\${process.env.DOJANG_URL} answers \${answer.status}\`);
console.log("asked", process.env.DOJANG_URL);
`;

test("a run deploys to staging only when told to, asks the site there, recorded, and waits for approval before production", {
  timeout: 300_000,
}, async () => {
  await using site = await notesSite();
  await site.commit("Functional tests", {
    "functional.mjs": asksTheSite,
    "dojang.yml": (text) =>
      text
        .replace("needs: [staging, unit]", "needs: [functional, unit]")
        .replace("jobs:\n", "jobs:\n  functional: { needs: [staging], environment: staging, steps: [{ run: node functional.mjs }] }\n"),
  });

  const proved = lastJson<RunLine>(await site.dojang(["run", "--json"]));
  expect(proved.jobs.map(({ id, state }) => [id, state])).toEqual(
    expect.arrayContaining([
      ["unit", "passed"],
      ["staging", "skipped"],
      ["functional", "skipped"],
      ["production", "skipped"],
    ]),
  );
  expect((await site.page("staging").catch(() => ({ status: "none" }))).status).toBe("none");

  const ended = await site.dojang(["run", "--deploy", "--json"]);
  expect(ended.exitCode, ended.stderr).toBe(4);
  const deployed = lastJson<RunLine>(ended);
  const stateOf = (job: string) => deployed.jobs.find(({ id }) => id === job);
  expect(stateOf("staging")).toMatchObject({ state: "passed" });
  expect(stateOf("functional")).toMatchObject({ state: "passed" });
  expect(stateOf("production")).toMatchObject({ state: "failed", endReason: "refused" });
  expect(deployed.problems).toMatchObject([{ code: "approval-needed", fix: expect.stringContaining("dojang approve") }]);
  expect(deployed.deployments).toMatchObject([{ job: "staging", state: "succeeded" }]);
  expect(deployed.deployments[0]?.steps.map(({ name }) => name)).toEqual(expect.arrayContaining(["preflight", "switch", "verify"]));
  const { host, port } = site.where("staging");
  expect(deployed.requestsOfNoTest).toContainEqual(expect.objectContaining({ method: "GET", url: `https://${host}:${port}/` }));

  // What was shown in the run is what production asks for.
  expect(await site.dojang(["people", "add", "maintainers", "mina"])).toMatchObject({ exitCode: 0 });
  const waiting = /dojang approve (\S+)/.exec(deployed.problems[0]?.fix ?? "")?.[1] ?? "";
  const approved = await site.dojang(["approve", waiting, "--reason", "seen on staging"], { person: "mina" });
  expect(approved.exitCode, approved.stderr).toBe(0);
  expect((await site.seen("production")).status).toBe(200);
  expect((await site.seen("production")).release).toBe((await site.seen("staging")).release);
});
