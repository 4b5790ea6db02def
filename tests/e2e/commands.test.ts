import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findLeftovers } from "./leftovers.ts";
import { lastJson, type Stage, setStage } from "./stage.ts";

let stage: Stage;
let directory: string;
beforeAll(async () => {
  stage = await setStage();
  directory = await stage.copy("counter");
});
afterAll(() => stage[Symbol.asyncDispose]());

const ask = (url: string, init?: RequestInit) => fetch(url, init).then((response) => response.text());

interface UpJson {
  readonly id: string;
  readonly state: string;
  readonly services: readonly { readonly name: string; readonly state: string }[];
  readonly published: readonly { readonly service: string; readonly container: number; readonly host: number }[];
}

describe("a system that is up", () => {
  let up: UpJson;
  let gate: string;
  beforeAll(async () => {
    const ended = await stage.run(["up", "--json"], { directory });
    expect(ended).toMatchObject({ exitCode: 0 });
    up = lastJson<UpJson>(ended);
    gate = `http://127.0.0.1:${up.published.find(({ service }) => service === "gate")?.host}`;
  }, 240_000);

  test("is reached on loopback, at the port the Compose file asks for when it is free", async () => {
    expect(up.services.map(({ name, state }) => `${name} ${state}`).toSorted()).toEqual(["counter healthy", "gate healthy"]);
    expect(up.published.map(({ container }) => container).toSorted()).toEqual([8000, 8080]);
    expect(await ask(`${gate}/count/up`)).toBe("hello 1");
  });

  test("is seen by what later looks for leftovers", async () => {
    const { processes, folders } = await findLeftovers(stage);
    expect(processes).toEqual(
      expect.arrayContaining([expect.stringMatching(/ bwrap --unshare-user/), expect.stringMatching(/ node services\/gate.mjs$/)]),
    );
    expect(folders).toContain(join(stage.home, "sandbox", up.id));
  });

  test("is shown by ps, for people and for machines", async () => {
    const [shown, json] = await Promise.all([stage.run(["ps"], { directory: stage.folder }), stage.run(["ps", "--json"], { directory })]);
    expect(shown.stdout).toContain(up.id);
    expect(shown.stdout).toMatch(new RegExp(`gate +healthy +${gate} \\(8080\\)`));
    expect(lastJson(json)).toEqual(up);
  });

  test("is not started twice: a second up shows the first", async () => {
    const again = await stage.run(["up", "--json"], { directory });
    expect(again).toMatchObject({ exitCode: 0 });
    expect(lastJson<UpJson>(again).id).toBe(up.id);
  });

  test("prints its logs, of all services or of one", async () => {
    await ask(`${gate}/count/logged`);
    const [all, one, json] = await Promise.all([
      stage.run(["logs"], { directory }),
      stage.run(["logs", "--service", "counter"], { directory }),
      stage.run(["logs", "--service", "gate", "--json"], { directory }),
    ]);
    expect(all.stdout).toContain("gate passes /count/logged");
    expect(all.stdout).toContain("counter counted logged to 1");
    expect(one.stdout).toContain("counter counted logged to 1");
    expect(one.stdout).not.toContain("gate passes");
    expect(lastJson(json)).toMatchObject({ service: "gate", text: "gate passes /count/logged" });
  });

  test("has no logs of a service that it has not, which is said with those it has", async () => {
    const ended = await stage.run(["logs", "--service", "countr"], { directory });
    expect(ended).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringMatching(/\[unknown-service\]\n {2}fix: did you mean "counter"\?/),
    });
  });

  test("is found from elsewhere, also by way of a link to its folder", async () => {
    const link = join(stage.folder, "link");
    await symlink(directory, link);
    const ended = await stage.run(["exec", "--directory", link, "gate", "hostname"], { directory: stage.folder });
    expect(ended).toMatchObject({ exitCode: 0, stdout: "gate\n" });
  });

  test("prints what one request caused in every service, by the id that was sent with it", async () => {
    const requestId = "4bf92f3577b34da6a3ce929d0e0e4736";
    await ask(`${gate}/count/traced`, { headers: { traceparent: `00-${requestId}-00f067aa0ba902b7-01` } });
    await ask(`${gate}/count/other`);
    const { stdout } = await stage.run(["logs", "--request-id", requestId], { directory });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.slice("00:00:00.000 ".length)).toSorted()).toEqual([
      "counter    counter counted traced to 1",
      "gate       gate passes /count/traced",
    ]);
  });

  test("is followed until somebody has seen enough, which is no failure", async () => {
    const following = stage.start(["logs", "--follow", "--service", "counter"], { directory });
    await following.said("counted up to 1");
    await ask(`${gate}/count/followed`);
    await following.said("counter counted followed to 1");
    following.child.kill("SIGINT");
    expect((await following.ended).exitCode).toBe(0);
  });

  test("runs a command in a service, and ends as the command does", async () => {
    const [printed, failed, json] = await Promise.all([
      stage.run(["exec", "gate", "--", "sh", "-c", "echo $GREETING from $(hostname)"], { directory }),
      stage.run(["exec", "gate", "--", "sh", "-c", "exit 7"], { directory }),
      stage.run(["exec", "--json", "workspace", "--", "ls"], { directory }),
    ]);
    expect(printed).toMatchObject({ exitCode: 0, stdout: "hello from gate\n" });
    expect(failed.exitCode).toBe(7);
    expect(lastJson(json)).toMatchObject({ exitCode: 0, stdout: "compose.yaml\ndojang.yml\nservices\ntests\n" });
  });

  test("is gone after down, and down again is no failure", async () => {
    const down = await stage.run(["down", "--json"], { directory });
    expect(lastJson(down)).toEqual({ removed: [up.id] });
    await expect(ask(`${gate}/health`)).rejects.toThrow();
    const again = await stage.run(["down"], { directory });
    expect(again).toMatchObject({ exitCode: 0, stdout: "nothing was up\n" });
    // The process that carried the published ports notices by itself.
    await stage.expectNothingLeft({ withinMs: 10_000 });
  });
});

test("what is not up cannot be asked: exit 2, and the command that helps", async () => {
  const [exec, logs, report] = await Promise.all(
    [["exec", "gate", "--", "true"], ["logs"], ["report", "--run", "99"]].map((args) => stage.run(args, { directory })),
  );
  expect(exec).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/nothing is up.*\[environment-unknown\]\n {2}fix: start it with: dojang up/),
  });
  expect(logs).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("[environment-unknown]") });
  expect(report).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/has no run 99 \[run-unknown\]\n {2}fix: make one with: dojang run/),
  });
});

test("every command explains itself with an example, and writes JSON when asked", { timeout: 180_000 }, async () => {
  const help = await stage.run(["--help"], { directory });
  expect(help.exitCode).toBe(0);
  const commands = [...help.stdout.matchAll(/^ {2}([a-z]+)(?= {2,}[A-Z])/gm)].map(([, name]) => name ?? "");
  expect(commands).toEqual(
    expect.arrayContaining([
      ...["init", "check", "run", "report", "up", "ps", "logs", "exec", "down"],
      ...["deploy", "approve", "reject", "rollback", "deployments", "releases", "sites", "backup", "restore", "secrets", "people"],
      ...["doctor", "provision", "serve", "practice", "help"],
    ]),
  );
  const groups = ["deployments", "releases", "sites", "backup", "secrets", "people", "serve", "practice"];
  // `on` hands words on: what they print is the other machine's.
  const single = commands.filter((command) => ![...groups, "help", "on"].includes(command));
  const pages = await Promise.all(single.map((command) => stage.run([command, "--help"], { directory })));
  for (const { exitCode, stdout } of pages) {
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Examples?:\s+(\$ )?dojang /);
    expect(stdout).toContain("--json");
  }
  for (const { exitCode, stdout } of await Promise.all(groups.map((group) => stage.run([group, "--help"], { directory })))) {
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Examples?:\s+(\$ )?dojang |Example: systemd/);
  }
});

test("a command or an option that does not exist ends 2 and names the nearest", async () => {
  const [command, option] = await Promise.all([["runn"], ["run", "--jobb", "x"]].map((args) => stage.run(args, { directory })));
  expect(command).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Did you mean run?") });
  expect(option).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Did you mean --job?") });
});

test("dojang init writes a file that dojang check finds nothing wrong with", async () => {
  const fresh = await stage.copy("counter", {
    "dojang.yml": undefined,
    "package.json": JSON.stringify({ name: "fresh", private: true, scripts: { start: "node services/counter.mjs", test: "node --test" } }),
    "compose.yaml": undefined,
  });
  const init = await stage.run(["init"], { directory: fresh });
  expect(init).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("dojang.yml") });
  const check = await stage.run(["check"], { directory: fresh });
  expect(check).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("ok: 0 errors") });
  const again = await stage.run(["init"], { directory: fresh });
  expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("[dojang-file-exists]") });
});
