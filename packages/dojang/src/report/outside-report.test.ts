import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withOutsideCalls } from "./example-outside.ts";
import { exampleRun } from "./example-run.ts";
import { firstLooks } from "./first-look.ts";
import { renderTerminal } from "./render-terminal.ts";
import { openReportReader, type ReportReader } from "./report-reader.ts";
import { reportedTests } from "./reported-tests.ts";
import { toJson } from "./to-json.ts";

const facts = withOutsideCalls(exampleRun({ tests: 60, transactionsPerTest: 6, failing: true }));
const [unmatched, undeclared] = facts.outsideFindings;

describe("outside calls in report.html", () => {
  let reader: ReportReader;
  beforeAll(async () => {
    reader = await openReportReader();
  });
  afterAll(() => reader.close());

  it("names a call that fails the run first, with its mock, its test, what came nearest and what to do", async () => {
    const { page, complaints } = await reader.open(facts);
    const first = page.getByRole("region", { name: "What to look at first" }).getByRole("listitem").first();
    const text = await first.innerText();

    expect(text).toContain("mail has no answer for POST /messagez");
    expect(text).toContain(unmatched?.test?.title);
    expect(text).toContain('path: expected "/messages", got "/messagez"');
    expect(text).toContain("add a stub to tests/mocks/mail/mappings");
    await first.getByRole("link", { name: "Open transaction" }).click();
    await page.getByRole("heading", { name: /POST http:\/\/api:8000/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("shows a call in order of time among the log records of the transaction that caused it", async () => {
    const { page, complaints } = await reader.open(facts, { hash: `#/transaction/${undeclared?.transaction}` });
    const rows = page.getByRole("region", { name: "Logs and outside calls this request caused" }).locator("li.log");

    expect((await rows.allInnerTexts()).map((text) => text.split("\n")[1]?.trim())).toEqual(["api", "mail", "worker"]);
    const call = rows.nth(1).locator("details.call");
    expect(await call.locator("summary").innerText()).toMatch(
      /POST\s*http:\/\/mail:8025\/messages\s*202 2 ms\s*stub accept-mail · undeclared/,
    );
    await call.locator("summary").click();
    const violation = "body/text: is required and missing tests/mocks/mail/openapi.yaml#/paths/~1messages/post/requestBody";
    await call.getByText(violation).waitFor();
    await call.getByRole("region", { name: "Response" }).getByText('"id": "m0"').waitFor();
    expect(complaints).toEqual([]);
  });

  it("has the calls of a test on its page, on the time axis too, with what is wrong about them", async () => {
    const { page, complaints } = await reader.open(facts, { hash: `#/test/${undeclared?.testAttempt?.split("#")[0]}` });

    await page.getByRole("heading", { name: /Outside calls/ }).waitFor();
    expect(await page.getByRole("region", { name: "About outside calls" }).innerText()).toContain(
      "POST /messages breaks the contract of mail",
    );
    expect(await page.locator(".axis .lane-name").allInnerTexts()).toContain("mail");
    await page.locator(".axis .bar.status-none").first().click();
    await page.locator("details.call[open]").waitFor();
    expect(await page.locator("details.call[open]").count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  it("counts for each mock of a job what was asked, and how often each stub was needed", async () => {
    const { page } = await reader.open(facts, { hash: "#/job/integration" });
    const mocks = page.getByRole("region", { name: "Mocks" });

    expect((await mocks.locator("tbody tr").first().innerText()).replace(/\s+/g, " ")).toContain(
      `${facts.outsideCalls.length} 1 1 1 1 0 0`,
    );
    await mocks.getByText("Stubs of mail").click();
    const busy = mocks.getByRole("row", { name: /mail-is-busy/ });
    await busy.waitFor();
    expect(await busy.innerText()).toMatch(/0$/);
    expect(await page.getByRole("region", { name: "About outside calls" }).innerText()).toContain("was never needed");
  });

  it("lists calls that belong to no request", async () => {
    const { page } = await reader.open(facts, { hash: "#/outside" });

    expect(await page.getByRole("heading", { name: /Outside calls that belong to no request/ }).innerText()).toContain("1");
    expect(await page.locator("main section li.log").count()).toBe(1);
  });

  it("says what it left out when the file has no room", async () => {
    const { page } = await reader.open(facts, { limitBytes: 90_000 });

    expect(await page.locator("main").innerText()).toContain("1 outside calls");
  });

  it.each(["light", "dark"] as const)("fits a narrow window (%s)", async (colorScheme) => {
    for (const hash of ["", `#/transaction/${undeclared?.transaction}`, "#/job/integration"]) {
      const { page } = await reader.open(facts, { hash, colorScheme, viewport: { width: 420, height: 900 } });
      for (const summary of await page.locator("details.call > summary").all()) await summary.click();
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), hash).toBe(true);
    }
  });

  it("lets nothing that a mock or a caller said become markup", async () => {
    const evil = '<img src=x onerror="alert(1)"></script>';
    const outsideCalls = facts.outsideCalls.map((call) => ({ ...call, url: `http://mail/${evil}`, stub: { id: evil, name: evil } }));
    const outsideFindings = facts.outsideFindings.map((finding) => ({ ...finding, message: evil, details: [evil] }));
    const { page, complaints } = await reader.open({ ...facts, outsideCalls, outsideFindings });

    expect(await page.locator("main img").count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe("outside calls elsewhere", () => {
  it("that fail a run come with what the service that asked said about it", () => {
    const record = { environment: "todo-42-1", sequence: 99, at: 0, stream: "stdout" as const, requestId: unmatched?.requestId };
    const own = [
      { ...record, service: "mail", level: "error" as const, text: "WARN the mock's own line" },
      { ...record, service: "worker", level: "error" as const, text: "reminder given up\n    at deliver (/app/src/worker.ts:7:1)" },
    ];
    const logsByRequest = { ...facts.logsByRequest, [unmatched?.requestId ?? ""]: own };

    expect(firstLooks({ ...facts, logsByRequest }, [])[0]).toMatchObject({ kind: "outside", log: { service: "worker" } });
    expect(renderTerminal({ ...facts, logsByRequest }, { color: false, columns: 160 })).toMatch(
      /^ {2}worker \| reminder given up\n {9}\| {5}at deliver \(\/app\/src\/worker\.ts:7:1\)\n {2}fix: /m,
    );
  });

  it("are in the terminal's last lines: what fails to look at first, what warns above", () => {
    const text = renderTerminal(facts, { color: false, columns: 160 });

    expect(text).toContain(`outside calls: ${facts.outsideCalls.length} to mail; 1 of no recorded request\n`);
    expect(text).toContain("undeclared: POST /messages breaks the contract of mail\n");
    expect(text).toContain("unused: the stub mail-is-busy (tests/mocks/mail/mappings/busy.json) of mail was never needed\n");
    expect(text.slice(text.indexOf("Look first"))).toMatch(
      /^Look first: mail has no answer for POST \/messagez\n {2}unmatched outside call of .+ \(integration\)\n {2}nearest is the stub accept-mail .+\n {2}path: expected "\/messages", got "\/messagez"\n {2}fix: .+\n {2}dojang logs --request-id [0-9a-f]{32}\n/,
    );
  });

  it("are in the JSON with the attempt that caused them", () => {
    const json = toJson(facts);
    const ofTests = json.tests.flatMap(({ attempts }) => attempts.flatMap(({ outsideCalls }) => outsideCalls));

    expect(json.totals.outsideCalls).toBe(facts.outsideCalls.length);
    expect(ofTests.length + json.outsideCallsOfNoTest.length).toBe(facts.outsideCalls.length);
    expect(json.outsideCallsOfNoTest).toHaveLength(1);
    expect(ofTests.find(({ violations }) => violations.length > 0)).toMatchObject({
      mock: "mail",
      stub: "accept-mail",
      violations: ["request body/text: is required and missing"],
    });
    expect(json.mocks).toMatchObject([{ mock: "mail", unmatched: 1 }]);
  });

  it("that are alike in several tests are one thing to look at", () => {
    const many = ["a#1", "b#1", "c#1"].map((testAttempt) => ({ ...unmatched!, testAttempt }));
    const looks = firstLooks({ ...facts, outsideFindings: many }, reportedTests(facts).tests).filter(({ kind }) => kind === "outside");

    expect(looks).toMatchObject([{ tests: ["a#1", "b#1", "c#1"] }]);
  });
});
