import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { localServer } from "../../packages/dojang/src/provisioning/server-run.ts";
import { startSshd } from "../../packages/dojang/src/provisioning/throwaway-sshd.ts";
import { openThrowawaySystem, type ThrowawaySystem } from "../../packages/dojang/src/provisioning/throwaway-system.ts";
import { type NotesSite, notesSite, told } from "./notes-site.ts";
import { lastJson } from "./stage.ts";

/**
 * Production on another server: a system of its own, with its own files, users and processes, reached over SSH alone. It is made ready
 * by `dojang provision`, and everything after that is done by the real command from here.
 */
const run = promisify(execFile);
vi.setConfig({ testTimeout: 400_000 });
let system: ThrowawaySystem | undefined;
let reason = "";
let folder: string;
let notes: NotesSite;
let ssh: Readonly<Record<string, string>>;
const longest = { signal: AbortSignal.timeout(900_000) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-elsewhere-"));
  const opened = await openThrowawaySystem();
  if ("reason" in opened) {
    reason = opened.reason;
    return;
  }
  system = opened;
  const key = join(folder, "key");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "me@laptop", "-f", key]);
  const sshd = await startSshd(system, { identityFile: key, ...longest });
  if ("reason" in sshd) {
    reason = sshd.reason;
    return;
  }
  // Where Dojang was run as root its state may be in the account's place.
  const emptied = await localServer(system.prefix).run({ script: "rm -rf /var/lib/dojang", ...longest });
  if (emptied.exitCode !== 0) throw new Error(emptied.stderr);
  const { port, knownHostsFile } = sshd;
  ssh = { DOJANG_SSH_IDENTITY: key, DOJANG_SSH_KNOWN_HOSTS: knownHostsFile };
  notes = await notesSite({
    environments: ["staging"],
    changes: {
      "functional.mjs": "const answer = await fetch(process.env.DOJANG_URL);\nif (!answer.ok) throw new Error(String(answer.status));\n",
      "dojang.yml": (text) =>
        text
          .replace(/(hosts: \[notes\.test\]\n)/, `$1      server: dojang@127.0.0.1:${port}\n`)
          .replace("jobs:\n", "jobs:\n  look: { needs: [production], environment: production, steps: [{ run: node functional.mjs }] }\n"),
    },
  });
  const provisioned = await dojang([
    ...["provision", "root@127.0.0.1", "--port", String(port), "--identity", key, "--known-hosts", knownHostsFile],
    ...["--key", `${key}.pub`, "--yes"],
  ]);
  expect(provisioned, provisioned.stderr).toMatchObject({ exitCode: 0 });
}, 900_000);
afterAll(async () => {
  await notes?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
}, 120_000);

function dojang(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { stage, directory } = notes;
  return stage.run(args, { directory, environment: { ...ssh, SUDO_USER: "mina", ...environment } });
}
const deploy = async (more: readonly string[] = []) => told(await dojang(["deploy", "production", "--json", "--approve", ...more]));

test("a server that is not the one it was is told nothing", async ({ skip }) => {
  if (reason !== "") skip(reason);
  const strangers = join(folder, "strangers");
  await writeFile(strangers, "");
  const refused = await dojang(["on", "production", "sites"], { DOJANG_SSH_KNOWN_HOSTS: strangers });
  expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("compare the server's key") });
});

test("what the server lacks is told by name, with the release sent already; it is given over the same way", async ({ skip }) => {
  if (reason !== "") skip(reason);
  // The group lives where production does.
  expect(await dojang(["on", "production", "people", "add", "maintainers", "mina"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("was ever sent"),
  });
  const first = ["--without-evidence", "the first of all"];
  const unapproved = await dojang(["deploy", "production", ...first]);
  expect(unapproved, unapproved.stderr).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining(`${notes.project}-r1 is sent to dojang@127.0.0.1`),
  });
  const waiting = /deployment (\w+):/.exec(unapproved.stderr)?.[1] ?? "";
  expect(await dojang(["on", "production", "people", "add", "maintainers", "mina"])).toMatchObject({ exitCode: 0 });
  const lacking = await dojang(["on", "production", "approve", waiting]);
  expect(lacking.exitCode, lacking.stderr).toBe(1);
  expect(lacking.stdout + lacking.stderr).toContain("POSTGRES_PASSWORD");
  for (const name of ["POSTGRES_PASSWORD", "TOKEN"])
    expect(await dojang(["on", "production", "secrets", "set", "production", name, "--generate"])).toMatchObject({ exitCode: 0 });
  const { deployment } = await deploy(first);
  expect(deployment).toMatchObject({ state: "succeeded", release: `${notes.project}-r1` });
  expect((await notes.page("production")).status).toBe("200");
});

test("what is live there is the very release that was built here", async ({ skip }) => {
  if (reason !== "") skip(reason);
  const list = async (before: readonly string[]) =>
    JSON.parse((await dojang([...before, "releases", "--json"])).stdout.trim().split("\n")[0] ?? "");
  const [here, there] = [await list([]), await list(["on", "production"])];
  expect(there).toMatchObject({ id: here.id, digest: here.digest, manifest: here.manifest, live: [`${notes.project}-production`] });
  expect(here.live).toEqual([]);
  const site = JSON.parse((await dojang(["on", "production", "sites", "--json"])).stdout);
  expect(site).toMatchObject({ id: `${notes.project}-production`, release: here.id, status: 200 });
});

test("a run deploys staging here and production there, with what it showed as evidence, and asks the site there", async ({ skip }) => {
  if (reason !== "") skip(reason);
  await notes.version("second");
  const ran = await dojang(["run", "--deploy", "--approve", "--json"]);
  expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0);
  const { jobs, requestsOfNoTest, deployments } = lastJson<{
    readonly jobs: readonly object[];
    readonly requestsOfNoTest: readonly object[];
    readonly deployments: readonly object[];
  }>(ran);
  expect(jobs).toContainEqual(expect.objectContaining({ id: "look", state: "passed" }));
  const { host, port } = notes.where("production");
  expect(requestsOfNoTest).toContainEqual(expect.objectContaining({ method: "GET", url: `https://${host}:${port}/` }));
  expect(deployments).toContainEqual(
    expect.objectContaining({
      job: "production",
      state: "succeeded",
      steps: expect.arrayContaining([expect.objectContaining({ name: "switch" })]),
    }),
  );
  expect(JSON.parse((await notes.page("production")).text)).toMatchObject({ release: "second" });
  const [newest = ""] = (await dojang(["on", "production", "deployments", "--json"])).stdout.split("\n");
  expect(JSON.parse(newest)).toMatchObject({
    release: `${notes.project}-r2`,
    requestedBy: "mina",
    plan: { evidence: expect.arrayContaining([expect.objectContaining({ job: "unit", shown: true })]) },
  });
});

test("visitors notice nothing of a deployment to another server, nor of the way back", async ({ skip }) => {
  if (reason !== "") skip(reason);
  await notes.version("third");
  await deployHere();
  const visitors = notes.visit("production");
  const { deployment } = await deploy(["--without-evidence", "unit was not run"]);
  expect(deployment).toMatchObject({ state: "succeeded", release: `${notes.project}-r3` });
  const back = await dojang(["on", "production", "rollback", "production"]);
  await visitors.stop();
  expect(back, back.stderr).toMatchObject({ exitCode: 0 });
  expect(visitors.failures).toEqual([]);
  expect(visitors.releases).toEqual(["second", "third"]);
  expect(JSON.parse((await notes.page("production")).text)).toMatchObject({ release: "second" });
});

test("a command about a site that is elsewhere says where, and how it is given there", async ({ skip }) => {
  if (reason !== "") skip(reason);
  expect(await dojang(["rollback", "production"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/is on 127\.0\.0\.1, not on this machine[\s\S]*dojang on production/),
  });
  expect(await dojang(["on", "staging", "sites"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("give the command without `on`"),
  });
});

/** Staging, which production needs, is on this machine. */
async function deployHere(): Promise<void> {
  expect(told(await dojang(["deploy", "staging", "--json"])).deployment.state).toBe("succeeded");
}
