import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProcesses } from "./leftovers.ts";
import { type Changes, lastJson, type Stage, setStage } from "./stage.ts";

interface CallJson {
  readonly mock: string;
  readonly method: string;
  readonly url: string;
  readonly status?: number;
  readonly stub?: string;
  readonly direct: boolean;
}

interface RunJson {
  readonly run: { readonly state: string };
  readonly totals: { readonly passed: number; readonly outsideCalls: number };
  readonly tests: readonly {
    readonly titlePath: readonly string[];
    readonly attempts: readonly { readonly outsideCalls: readonly CallJson[] }[];
  }[];
  readonly outsideCallsOfNoTest: readonly CallJson[];
  readonly mocks: readonly { readonly mock: string; readonly calls: number; readonly dropped: number; readonly restarts: number }[];
  readonly outsideFindings: readonly {
    readonly kind: string;
    readonly level: string;
    readonly mock?: string;
    readonly message: string;
    readonly details: readonly string[];
    readonly fix: string;
    readonly test?: { readonly title: string };
  }[];
  readonly jobs: readonly {
    readonly id: string;
    readonly shards: readonly { readonly services: readonly { readonly name: string; readonly restarts: number }[] }[];
  }[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

/** The steps run these tests of the fixture instead of those that pass. */
function only(...files: readonly string[]): Changes {
  const tests = files.map((file) => `wrong/${file}.test.mjs`).join(" ");
  return { "dojang.yml": (text) => text.replace('"tests/*.test.mjs"', tests) };
}

function with_(changes: Changes, edit: (text: string) => string): Changes {
  const before = changes["dojang.yml"];
  return { ...changes, "dojang.yml": (text) => edit(typeof before === "function" ? before(text) : text) };
}

describe.each(["sandbox", "host"] as const)("on the %s runtime", (runtime) => {
  test("systems outside are played from files, over HTTP and HTTPS, on hosts of their own, and each call belongs to its test", async () => {
    const directory = await stage.copy("shop");
    const ended = await stage.run(["run", "--json", "--runtime", runtime], { directory });
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    const { totals, tests, outsideCallsOfNoTest, outsideFindings, mocks } = lastJson<RunJson>(ended);

    expect(totals).toMatchObject({ passed: 4, outsideCalls: 8 });
    const callsOf = (title: string) =>
      tests
        .filter(({ titlePath }) => titlePath.join(" ").includes(title))
        .flatMap(({ attempts }) => attempts.flatMap(({ outsideCalls }) => outsideCalls))
        .map(
          ({ mock, method, url, status, stub, direct }) => `${mock} ${method} ${url} ${status} ${stub}${direct ? " (by the test)" : ""}`,
        );
    // Three tests at once on workers of their own: none has a call of another.
    for (const name of ["ada", "grace", "edith"])
      expect(callsOf(name), name).toEqual([
        `pay POST https://api.pay.example/charges 201 charge`,
        "mail POST http://mail:8025/messages 202 accept-mail",
      ]);
    expect(callsOf("the stock")).toEqual([
      "stock GET http://stock/items 200 items",
      "mail GET http://mail/health 200 health (by the test)",
    ]);
    expect(outsideCallsOfNoTest).toEqual([]);
    expect(outsideFindings).toEqual([]);
    expect(mocks.map(({ mock, calls }) => [mock, calls])).toEqual([
      ["mail", 4],
      ["pay", 3],
      ["stock", 1],
    ]);
    await stage.expectNothingLeft();
  });

  test("a call that nothing answers fails the run, names its test and what came nearest, and its log is found by its id", async () => {
    const directory = await stage.copy("shop", only("misspelt"));
    const ended = await stage.run(["run", "--runtime", runtime], { directory });

    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(ended.stdout).toMatch(/^tests: 1 passed/m);
    const look = ended.stdout.slice(ended.stdout.indexOf("Look first:"));
    expect(look).toMatch(
      /^Look first: mail has no answer for POST \/messagez\n {2}unmatched outside call of a path that the mail system does not have/,
    );
    expect(look).toContain("  nearest is the stub accept-mail (mocks/mail/mappings/accept.json)\n");
    expect(look).toContain('  path: expected "/messages" (urlPath), got "/messagez"\n');
    expect(look).toContain("add a stub to mocks/mail/mappings");
    const requestId = /dojang logs --request-id ([0-9a-f]{32})/.exec(look)?.[1] ?? "";
    const { stdout } = await stage.run(["logs", "--request-id", requestId], { directory });
    expect(stdout).toMatch(/mail +WARN POST http:\/\/mail:8025\/messagez -> 404 by nothing, nearest stub accept-mail/);
    expect(stdout).toMatch(/shop +misspelt ada: 404/);
    await stage.expectNothingLeft();
  });
});

describe("outside calls", () => {
  const run = async (changes: Changes) => {
    const ended = await stage.run(["run", "--json"], { directory: await stage.copy("shop", changes) });
    const result = lastJson<RunJson>(ended);
    await stage.expectNothingLeft();
    return { exitCode: ended.exitCode, stderr: ended.stderr, ...result };
  };

  test("that break the contract fail the run with the place in the message and the rule", async () => {
    const { exitCode, outsideFindings } = await run(only("nobody"));

    expect(exitCode).toBe(1);
    expect(outsideFindings[0]).toMatchObject({
      kind: "undeclared",
      level: "fail",
      message: "POST /messages breaks the contract of mail",
      test: { title: "a mail to nobody" },
      details: [expect.stringMatching(/^request body\/to: .*null.* \(mocks\/mail\/openapi\.yaml#\/paths\/~1messages\/post\//)],
    });
  });

  test("go to declared hosts only: another is refused and named", async () => {
    const { exitCode, outsideFindings } = await run(only("elsewhere"));

    expect(exitCode).toBe(1);
    expect(outsideFindings[0]).toMatchObject({ kind: "undeclared", message: "shop asked for telemetry.example:80, and no mock plays it" });
  });

  test("only warn where dojang.yml says so, and are said all the same", async () => {
    const lenient = with_(only("misspelt", "nobody", "elsewhere"), (text) =>
      text.replace("mode: strict }", "mode: lenient, on-unmatched: warn, on-unused: ignore }"),
    );
    const { exitCode, outsideFindings } = await run(lenient);

    expect(exitCode).toBe(0);
    expect(outsideFindings.filter(({ mock }) => mock !== "pay" && mock !== "stock").map(({ kind, level }) => [kind, level])).toEqual([
      ["unmatched", "warn"],
      ["undeclared", "warn"],
      ["undeclared", "warn"],
    ]);
  });

  test("that are never made leave stubs unused, which fails where it is asked for", async () => {
    const unused = with_(only("misspelt"), (text) =>
      text.replace("mode: strict }", "mode: strict, on-unmatched: ignore, on-unused: fail }"),
    );
    const { exitCode, outsideFindings } = await run(unused);

    expect(exitCode).toBe(1);
    expect(outsideFindings.map(({ kind, level, mock, message }) => [kind, level, mock, message])).toEqual([
      ["unused", "fail", "mail", "the stub accept-mail (mocks/mail/mappings/accept.json) of mail was never needed"],
      ["unused", "fail", "mail", "the stub health (mocks/mail/mappings/health.json) of mail was never needed"],
      ["unused", "warn", "pay", "the stub charge (mocks/pay/mappings/charge.yaml) of pay was never needed"],
      ["unused", "warn", "stock", "the stub items (mocks/stock/mappings/items.json) of stock was never needed"],
    ]);
  });

  test("are answered as a test asks for through /__admin, and a stub it injected for nothing is told as its own", async () => {
    const { exitCode, stderr, outsideFindings } = await run(only("injected"));

    expect(exitCode, stderr).toBe(0);
    expect(outsideFindings.filter(({ mock, message }) => mock === "pay" && message.includes("refuse-"))).toMatchObject([
      {
        kind: "unused",
        level: "warn",
        message: "the stub refuse-nobody at all of pay was never needed",
        test: { title: "a stub that nothing needs" },
        details: ["it was injected while the environment ran"],
      },
    ]);
  });

  test("that do not fit into the journal are counted, said, and still fail the run", async () => {
    const small = with_(only("misspelt", "nobody"), (text) => text.replace("    steps:", "    limits: { journal: 1k }\n    steps:"));
    const { exitCode, outsideFindings, mocks, totals } = await run(small);

    expect(exitCode).toBe(1);
    expect(totals.outsideCalls).toBeLessThan(2);
    expect(mocks.find(({ mock }) => mock === "mail")?.dropped).toBeGreaterThan(0);
    const messages = outsideFindings.map(({ message }) => message);
    expect(messages).toContainEqual(
      expect.stringMatching(/^\d calls? to mail left no trace in the journal, which keeps 0 MiB of an environment$/),
    );
    expect(outsideFindings.filter(({ level }) => level === "fail").length).toBeGreaterThan(0);
  });
});

test("a mock that is killed starts again, and the run says that what was injected is gone", async () => {
  const directory = await stage.copy("shop", {
    "dojang.yml": (text) =>
      text.replace(/node --test [^}]*/, "node wrong/until-restarted.mjs ").replace("    reports: { junit: tests.xml }\n", ""),
  });
  const running = stage.start(["run", "--json", "--verbose"], { directory });
  await running.said("the stub is there");
  for (const { pid } of (await findProcesses(stage.home)).filter(({ command }) => /^\S*node \S+ \/opt\/dojang\/mock\//.test(command)))
    if (await plays(pid, "mail")) process.kill(pid, "SIGKILL");
  const ended = await running.ended;

  expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
  expect(ended.stdout).toContain("the mock mail was started again: what tests had injected into it is gone");
  const { outsideFindings, mocks, jobs, totals } = lastJson<RunJson>(ended);
  expect(outsideFindings).toContainEqual(
    expect.objectContaining({ kind: "restarted", level: "warn", message: "mail ended and was started again, once" }),
  );
  expect(mocks.find(({ mock }) => mock === "mail")?.restarts).toBe(1);
  expect(jobs[0]?.shards[0]?.services.find(({ name }) => name === "mail")?.restarts).toBe(1);
  expect(totals.outsideCalls).toBe(4);
  await stage.expectNothingLeft();
});

/** Which mock a process is: its variables are readable to whoever may kill it. */
async function plays(pid: number, mock: string): Promise<boolean> {
  const { readFile } = await import("node:fs/promises");
  const plan = await readFile(`/proc/${pid}/root/etc/dojang/mock/plan.json`, "utf8").catch(() => "{}");
  return (JSON.parse(plan) as { name?: string }).name === mock;
}

describe("a system that is up", () => {
  interface UpJson {
    readonly id: string;
    readonly services: readonly { readonly name: string; readonly state: string }[];
    readonly published: readonly { readonly service: string; readonly container: number; readonly host: number }[];
  }

  test("has its mocks, published where Compose published what they take the place of, with their log", async () => {
    const directory = await stage.copy("shop");
    const up = await stage.run(["up", "--json"], { directory });
    expect(up, up.stderr).toMatchObject({ exitCode: 0 });
    const { services, published } = lastJson<UpJson>(up);
    expect(services.map(({ name, state }) => `${name} ${state}`).toSorted()).toEqual([
      "mail healthy",
      "pay healthy",
      "shop healthy",
      "stock healthy",
    ]);
    const portOf = (service: string) => published.find((one) => one.service === service);
    expect(portOf("mail")?.container).toBe(8025);
    expect(portOf("pay")?.container).toBe(80);

    const mail = `http://127.0.0.1:${portOf("mail")?.host}`;
    expect(await (await fetch(`${mail}/health`)).text()).toBe("mail is well");
    const asked = (await (await fetch(`${mail}/__admin/requests`)).json()) as { meta: { total: number } };
    expect(asked.meta.total).toBe(1);
    const { stdout } = await stage.run(["logs", "--service", "mail"], { directory });
    expect(stdout).toMatch(/INFO mail on ports 80, 443, 8025: 2 stubs, mocks\/mail\/openapi\.yaml \(strict\)/);
    expect(stdout).toMatch(/INFO GET http:\/\/\S+\/health -> 200 by stub health/);

    expect(await stage.run(["down"], { directory })).toMatchObject({ exitCode: 0 });
    await stage.expectNothingLeft({ withinMs: 10_000 });
  });

  test("has none where they are not wanted, or where a job plays none", async () => {
    const directory = await stage.copy("shop", {
      "dojang.yml": (text) => text.replace('{ build: [exit 1], command: "false", port: 8025 }', "{ omit: true }"),
    });
    const up = await stage.run(["up", "--json", "--no-mocks"], { directory });
    expect(up, up.stderr).toMatchObject({ exitCode: 0 });
    expect(lastJson<UpJson>(up).services.map(({ name }) => name)).toEqual(["shop"]);
    expect(await stage.run(["down"], { directory })).toMatchObject({ exitCode: 0 });
    const wrong = await stage.run(["up", "--job", "integratoin"], { directory });
    expect(wrong).toMatchObject({ exitCode: 2 });
    expect(wrong.stderr).toMatch(/there is no job "integratoin".*did you mean "integration"\?/s);
    await stage.expectNothingLeft({ withinMs: 10_000 });
  });
});

test("dojang check lists the mistakes of specifications with those of the other files", async () => {
  const directory = await stage.copy("shop", {
    "mocks/pay/mappings/charge.yaml": (text) => text.replace("urlPath:", "urlpath:"),
    "mocks/mail/mappings/accept.json": (text) => text.replace('"status": 202', '"status": 204'),
    "dojang.yml": (text) => text.replace("stock: mocks/stock", "stock: mocks/stokc"),
  });
  const { exitCode, stdout } = await stage.run(["check"], { directory });

  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/^dojang\.yml:13:14 jobs\.integration\.mocks\.stock: there is no mocks\/stokc in the project/m);
  expect(stdout).toMatch(/^mocks\/pay\/mappings\/charge\.yaml:\d+:\d+ request\.urlpath: unknown field .* did you mean `urlPath`\?/m);
  expect(stdout).toMatch(/^mocks\/mail\/mappings\/accept\.json.* 204/m);
});
