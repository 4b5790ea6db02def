import type { Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleRun } from "./example-run.ts";
import { renderHtml } from "./render-html.ts";
import { openReportReader, type ReportReader } from "./report-reader.ts";
import type { RunFacts } from "./run-facts.ts";

const failing = exampleRun({ tests: 60, transactionsPerTest: 8, failing: true });

describe("report.html in a browser", () => {
  let reader: ReportReader;
  beforeAll(async () => {
    reader = await openReportReader();
  });
  afterAll(() => reader.close());

  it("begins with the verdict and leads to the log line that shows the bug", async () => {
    const { page, complaints } = await reader.open(failing);
    await page.getByRole("heading", { name: "failed Failed todo #42" }).waitFor();
    const first = page.getByRole("region", { name: "What to look at first" }).getByRole("listitem").first();
    const text = await first.innerText();
    expect(text).toContain("3 tests failed alike");
    expect(text).toContain("TypeError: Cannot read properties of undefined (reading 'id')");
    expect(text).toContain("Expected: 200 · Received: 500");
    await first.getByRole("link", { name: /GET/ }).click();
    await page.getByRole("heading", { name: /GET http:\/\/api:8000/ }).waitFor();
    expect(await page.getByRole("region", { name: "Logs this request caused" }).innerText()).toContain(
      "at mayOpen (/app/src/lists.ts:13:18)",
    );
    expect(complaints).toEqual([]);
  });

  it("opens a transaction with headers, a formatted body and a command to replay it", async () => {
    const post = failing.transactions.find((one) => one.method === "POST" && one.testAttempt !== undefined);
    const { page, complaints } = await reader.open(failing, { hash: `#/transaction/${post?.id}` });
    await page.getByText("Headers (8)").click();
    await page.getByText("Bearer [redacted]").first().waitFor();
    await page.getByRole("region", { name: "Request" }).getByText('"title": "').waitFor();
    await page.getByText("Replay (curl)").click();
    const command = await page.locator(".replay code").first().innerText();
    expect(command).toMatch(/^curl --include --globoff \\\n {2}--request POST \\\n {2}--url http:\/\/api:8000/);
    expect(command).toContain('--data-raw \'{"title":"');
    expect(complaints).toEqual([]);
  });

  it("shows attempts, the time axis and unattributed records on a test's page", async () => {
    const attempt = failing.attempts.find(
      (one) => one.status === "failed" && (failing.unattributedLogs[one.id] ?? []).length > 0 && one.attempt === 2,
    );
    const { page, complaints } = await reader.open(failing, { hash: `#/test/${attempt?.testId}` });
    expect(await page.getByRole("button", { name: "Attempt 2" }).getAttribute("aria-pressed")).toBe("true");
    expect(await page.locator(".axis .lane-name").allInnerTexts()).toEqual(expect.arrayContaining(["test", "requests", "api"]));
    expect(await page.locator(".log.faint").count()).toBeGreaterThan(0);
    await page.locator(".axis .bar[class*=status-]").first().click();
    expect(await page.locator("details.transaction[open]").count()).toBe(1);
    await page.getByRole("button", { name: "Attempt 1" }).click();
    expect(await page.getByRole("button", { name: "Attempt 1" }).getAttribute("aria-pressed")).toBe("true");
    expect(complaints).toEqual([]);
  });

  it("finds tests by words, outcome and job, from the keyboard", async () => {
    const { page } = await reader.open(failing);
    await page.keyboard.press("/");
    await page.locator("#filter:focus").waitFor();
    await page.keyboard.type("reminders sharing");
    expect(await page.getByRole("status").innerText()).toBe("0 of 60 tests");
    await page.locator("#filter").fill("sharing reminder");
    expect(await page.getByRole("status").innerText()).toBe("1 of 60 tests");
    await page.locator("#filter").fill("");
    await page.getByRole("button", { name: /failed 4/ }).press("Enter");
    expect(await page.getByRole("status").innerText()).toBe("4 of 60 tests");
    await page.locator(".test-row").first().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: /lists › signs in again/ }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Tests" }).waitFor();
  });

  it("makes only the rows near the window of a long list", async () => {
    const { page } = await reader.open(exampleRun({ tests: 2000, transactionsPerTest: 1, failing: false }), { hash: "#/tests" });
    expect(await page.locator(".test-row").count()).toBeLessThan(100);
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
    await page.locator('[aria-posinset="2000"]').waitFor();
    expect(await page.locator(".test-row").count()).toBeLessThan(100);
  });

  it("speaks Korean where the reader does, and changes when asked", async () => {
    const { page } = await reader.open(failing, { locale: "ko-KR" });
    await page.getByRole("heading", { name: "먼저 볼 것" }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("ko");
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("heading", { name: "What to look at first" }).waitFor();
  });

  it("follows the system's light or dark until the reader chooses", async () => {
    const { page } = await reader.open(failing, { colorScheme: "dark" });
    const background = (): Promise<string> => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    const dark = await background();
    await page.getByRole("button", { name: "Light or dark" }).click();
    expect(await background()).not.toBe(dark);
  });

  it("is not wider than a telephone", async () => {
    const { page } = await reader.open(failing, { viewport: { width: 360, height: 700 } });
    for (const hash of ["#/", "#/tests", `#/test/${failing.attempts[6]?.testId}`, "#/coverage", "#/environment", "#/job/integration"]) {
      await goTo(page, hash);
      await page.locator("main > *").first().waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth"), hash).toBeLessThanOrEqual(360);
    }
  });

  it("says what its limit left out, and keeps the failed tests", async () => {
    const facts = exampleRun({ tests: 400, transactionsPerTest: 20, failing: true });
    const { page, complaints } = await reader.open(facts, { limitBytes: 900_000 });
    await page.getByRole("heading", { name: "Left out of this file, to keep it small" }).waitFor();
    await page.getByRole("region", { name: "What to look at first" }).getByRole("link", { name: "lists › signs in again" }).click();
    await page.getByRole("heading", { name: /^Transactions/ }).waitFor();
    // A small group of tests may still fit where a large one before it did not.
    const leftOut = page.getByText("The details of this test are not in this file.");
    for (const { testId } of facts.attempts.toReversed().filter((_, index) => index % 30 === 0)) {
      await goTo(page, `#/test/${testId}`);
      await page.locator(".test-page").waitFor();
      if ((await leftOut.count()) > 0) break;
    }
    await leftOut.waitFor();
    expect(complaints).toEqual([]);
  });

  it("says so when an address leads nowhere", async () => {
    for (const hash of ["#/test/none", "#/transaction/none", "#/job/none", "#/test/%E0%A4%A"]) {
      const { page } = await reader.open(failing, { hash });
      await page.getByText("Nothing here has this address.").waitFor();
    }
  });

  it("runs nothing of what services, tests and commits say", async () => {
    const { page, complaints } = await reader.open(hostileRun());
    const pages = [
      "#/",
      "#/tests",
      "#/test/hostile",
      "#/transaction/hostile",
      "#/coverage",
      "#/environment",
      `#/job/${encodeURIComponent(hostile)}`,
      "#/outside",
    ];
    for (const hash of pages) {
      await goTo(page, hash);
      await page.locator("main > *").first().waitFor();
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      expect(await page.evaluate(() => Reflect.get(globalThis, "owned")), hash).toBeUndefined();
      expect(
        await page.locator("img, iframe, object, embed, form, main script, main style, base, a[href]:not([href^='#'])").count(),
        hash,
      ).toBe(0);
      expect(await page.locator("main").innerText(), hash).not.toBe("");
    }
    expect(await page.locator("#app").innerText()).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
    expect(complaints).toEqual([]);
  });

  it("refuses markup even if its own code tried to make some", async () => {
    const { page } = await reader.open(failing);
    const refusal = await page.evaluate("try { document.body.innerHTML = '<b>x</b>'; 'accepted' } catch (error) { String(error) }");
    expect(refusal).toContain("TrustedHTML");
  });
});

/** Follows a permalink within the open page. */
async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
}

describe("report.html as text", () => {
  it("has one script, and nothing hostile outside of its data", () => {
    const html = renderHtml(hostileRun());
    expect(html.match(/<script>/g)).toHaveLength(1);
    expect(html).not.toContain('onerror="');
    expect(html).not.toContain("<img");
  });

  it("tells the verdict also to a reader without scripts", () => {
    expect(renderHtml(failing)).toMatch(/<noscript><pre>todo #42 failed[\s\S]*TypeError: Cannot read properties[\s\S]*<\/pre><\/noscript>/);
  });
});

const hostile = `</script><img src=x onerror="globalThis.owned=1"><script>globalThis.owned=1</script>'"\`\${globalThis.owned=1}<!--\u0000\u001b[31m\u001b]8;;javascript:alert(1)\u0007x\u202e\u2028&lt;`;

/** Hostile text in every place that others fill. */
function hostileRun(): RunFacts {
  const facts = exampleRun({ tests: 1, transactionsPerTest: 1, failing: false });
  const bytes = new TextEncoder().encode(JSON.stringify({ [hostile]: hostile, html: "<svg onload=globalThis.owned=1>" }));
  const body = { hash: "h", sizeBytes: bytes.byteLength, truncated: false, contentType: `text/html, application/json ${hostile}` };
  const [transaction] = facts.transactions;
  if (transaction === undefined) throw new Error("the example has no transaction");
  const log = {
    environment: hostile,
    service: hostile,
    sequence: 1,
    at: facts.run.startedAt,
    stream: "stderr" as const,
    level: "error" as const,
    text: `${hostile}\n    at ${hostile}`,
  };
  const request = {
    ...transaction,
    id: "hostile",
    requestId: "r",
    testAttempt: "hostile#1",
    method: hostile,
    url: `javascript:globalThis.owned=1//${hostile}`,
    status: 500,
    error: hostile,
    requestHeaders: [{ name: hostile, value: hostile }],
    responseHeaders: [{ name: hostile, value: hostile }],
    requestBody: body,
    responseBody: body,
  };
  return {
    ...facts,
    run: {
      ...facts.run,
      state: "failed",
      project: hostile,
      branch: hostile,
      commit: hostile,
      message: `${hostile}\n${hostile}`,
      base: hostile,
      runtime: { name: "sandbox", summary: hostile, notPromised: [hostile] },
      leftOut: [{ what: hostile, reason: hostile }],
    },
    jobs: facts.jobs.map((job) => ({
      ...job,
      id: job.id === "integration" ? hostile : job.id,
      needs: [],
      detail: hostile,
      state: "failed",
      shards: job.shards.map((shard) => ({
        ...shard,
        environment: hostile,
        services: shard.services.map((service) => ({ ...service, name: hostile, asked: hostile, took: hostile })),
        steps: shard.steps.map((step) => ({
          ...step,
          name: hostile,
          command: hostile,
          exitCode: 1,
          output: [{ stream: "stdout", text: hostile }],
        })),
      })),
    })),
    attempts: [
      {
        id: "hostile#1",
        testId: "hostile",
        file: hostile,
        titlePath: [hostile, hostile],
        project: hostile,
        attempt: 1,
        status: "failed",
        startedAt: facts.run.startedAt,
        durationMs: 1,
        error: { message: hostile, stack: `${hostile}\n    at ${hostile}` },
        output: hostile,
        attachments: [{ name: hostile, path: hostile, contentType: hostile }],
        job: hostile,
        shard: 1,
      },
    ],
    transactions: [request, { ...request, id: "outside", testAttempt: undefined }],
    logsByRequest: { r: [{ ...log, requestId: "r" }] },
    unattributedLogs: { "hostile#1": [log] },
    bodies: { h: bytes },
    coverage: { files: [{ path: hostile, hits: { 1: 0 } }] },
    patchCoverage: { coveredLines: 0, executableLines: 1, files: [{ path: hostile, covered: [], missed: [1] }] },
    sources: { [hostile]: hostile },
    gates: [{ job: hostile, gate: hostile, expected: hostile, seen: hostile, held: false, onMiss: "fail" }],
    findings: [{ job: hostile, tool: hostile, rule: hostile, level: "error", message: hostile, file: hostile, line: 1 }],
    checks: [{ job: hostile, name: hostile, check: hostile, expected: hostile, seen: hostile, passed: false, durationMs: 1 }],
    artifacts: [{ job: hostile, name: hostile, digest: hostile, sizeBytes: 1 }],
    egress: [{ host: hostile, port: 1, allowed: false, count: 1 }],
    problems: [{ job: hostile, code: hostile, message: hostile, fix: hostile, place: { file: hostile, line: 1 } }],
  };
}
