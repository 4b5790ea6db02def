import { createHash } from "node:crypto";
import { type BodyRef, type Header, type LogRecord, type TestStatus, type Transaction, testAttemptId, testId } from "@dojang/model";
import { exampleJobs, exampleOrigin as origin } from "./example-jobs.ts";
import type { ReportedAttempt, RunFacts } from "./run-facts.ts";

export interface ExampleOptions {
  readonly tests: number;
  readonly transactionsPerTest: number;
  /** Breaks one route of the API for three tests, and the worker's mail for one more. */
  readonly failing: boolean;
}

/** A run of a to-do system as a server would have stored it: the same options give the same facts. For tests and benchmarks. */
export function exampleRun(options: ExampleOptions): RunFacts {
  const story = new Story(options);
  story.play();
  const failing = options.failing;
  const finishedAt = origin + 96_000;
  return {
    run: {
      id: "run-42",
      project: "todo",
      number: 42,
      state: failing ? "failed" : "passed",
      commit: "9f3c1e07ab52d4418c6f0e2b7d9a35c1e4f80b6d",
      branch: "share-lists-by-link",
      message: "Lists can be shared by link\n\nAnyone with the address may open a list; only its owner may rename it.",
      base: "origin/main@41d07f2",
      startedAt: origin,
      finishedAt,
      runtime: {
        name: "sandbox",
        summary: "sandbox: namespaces, cgroup v1 limits",
        notPromised: ["disk limits are watched, not enforced"],
      },
      leftOut: [{ what: "job performance", reason: "needs integration, which failed" }].slice(0, failing ? 1 : 0),
    },
    jobs: exampleJobs(failing),
    attempts: story.attempts,
    transactions: story.transactions,
    outsideCalls: [],
    mocks: [],
    outsideFindings: [],
    logsByRequest: story.logs,
    unattributedLogs: story.unattributed,
    bodies: story.bodies,
    coverage: {
      files: [
        { path: "api/src/lists.ts", hits: { 10: 40, 11: 40, 12: 31, 13: 0, 14: 0, 30: 8 } },
        { path: "worker/src/mail.ts", hits: { 4: 12, 5: 0 } },
      ],
    },
    patchCoverage: {
      coveredLines: 4,
      executableLines: 6,
      files: [{ path: "api/src/lists.ts", covered: [10, 11, 12, 30], missed: [13, 14] }],
    },
    sources: { "api/src/lists.ts": source },
    gates: [{ job: "unit", gate: "patch-coverage", expected: "80 %", seen: "66.6 %", held: false, onMiss: "warn" }],
    findings: [
      {
        job: "lint",
        tool: "ESLint",
        rule: "no-unused-vars",
        level: "warning",
        message: "'owner' is assigned a value but never used.",
        file: "api/src/lists.ts",
        line: 12,
        column: 9,
      },
    ],
    deployments: [],
    mutations: [],
    checks: [
      {
        job: "linked",
        name: "database",
        check: "sql: show server_version_num",
        expected: ">= 150000",
        seen: "180004",
        passed: true,
        durationMs: 12,
      },
      {
        job: "linked",
        name: "mail",
        check: "http: GET $MAIL_URL/health",
        expected: "status 200",
        seen: "status 200",
        passed: true,
        durationMs: 31,
      },
    ],
    artifacts: [{ job: "image", name: "todo-api", digest: `sha256:${hash("api")}`, sizeBytes: 48_210_332 }],
    egress: [
      { host: "registry.npmjs.org", port: 443, allowed: true, count: 214 },
      { host: "telemetry.example.com", port: 443, allowed: false, count: 3 },
    ],
    problems: [],
    load: [],
  };
}

const titles = [
  "opens an empty list",
  "adds an item",
  "ticks an item off",
  "renames a list",
  "keeps two lists apart",
  "asks for a password",
  "signs in again",
  "shows who owns it",
  "sends a reminder",
  "retries the mail",
];
const files = ["lists", "sharing", "sign-in", "reminders", "items"];
const source = Array.from({ length: 32 }, (_, index) =>
  index === 12
    ? "  if (list.owner.id !== user.id) {"
    : index === 13
      ? "    throw new Forbidden(list.id);"
      : `  const line${index + 1} = ${index + 1};`,
).join("\n");

class Story {
  readonly attempts: ReportedAttempt[] = [];
  readonly transactions: Transaction[] = [];
  readonly logs: Record<string, LogRecord[]> = {};
  readonly unattributed: Record<string, LogRecord[]> = {};
  readonly bodies: Record<string, Uint8Array> = {};
  readonly #options: ExampleOptions;
  readonly #sequence = new Map<string, number>();
  #clock = [origin + 21_000, origin + 21_400];

  constructor(options: ExampleOptions) {
    this.#options = options;
  }

  play(): void {
    for (let number = 0; number < this.#options.tests; number += 1) {
      const broken = this.#options.failing && [6, 11, 16].includes(number);
      const silent = this.#options.failing && number === 18;
      const flaky = number === 27;
      const attempts = broken || silent || flaky ? 2 : 1;
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        const failed = broken || silent || (flaky && attempt === 1);
        this.#test(number, attempt, { failed, broken, silent, flaky, skipped: number % 97 === 40 });
      }
    }
    this.#exchange({ at: origin + 20_100, number: 0, step: 0, environment: "todo-42-1", testAttempt: undefined, broken: false });
  }

  #test(
    number: number,
    attempt: number,
    kind: { failed: boolean; broken: boolean; silent: boolean; flaky: boolean; skipped: boolean },
  ): void {
    const shard = (number % 2) + 1;
    const environment = `todo-42-${shard}`;
    const file = `tests/${files[Math.floor(number / 10) % files.length]}.spec.ts`;
    const round = Math.floor(number / (10 * files.length));
    const titlePath = [
      files[Math.floor(number / 10) % files.length] ?? "",
      `${titles[number % titles.length]}${round > 0 ? ` (${round})` : ""}`,
    ];
    const identity = { file, titlePath, project: "chromium" };
    const id = testAttemptId(testId(identity), attempt);
    const startedAt = this.#clock[shard - 1] ?? origin;
    let at = startedAt + 80;
    const count = kind.skipped ? 0 : this.#options.transactionsPerTest;
    for (let step = 0; step < count; step += 1) {
      const last = step === count - 1;
      at += this.#exchange({ at, number, step, environment, testAttempt: id, broken: kind.broken && last }) + 3;
    }
    if (kind.silent) {
      this.#noise(id, environment, at + 200, "worker", "error", mailError);
      at += 5000;
    } else if (number % 3 === 0)
      this.#noise(id, environment, at, "redis", undefined, "1:M 12 May 2026 03:21:41.120 * 100 changes in 300 seconds. Saving...");
    const status: TestStatus = kind.skipped ? "skipped" : kind.failed ? "failed" : "passed";
    const durationMs = at - startedAt + 20;
    this.#clock[shard - 1] = startedAt + durationMs + 5;
    this.attempts.push({
      ...{
        id,
        testId: testId(identity),
        file,
        titlePath,
        project: "chromium",
        attempt,
        status,
        startedAt,
        durationMs,
        job: "integration",
        shard,
      },
      error: kind.failed ? failure(kind) : undefined,
      output: kind.failed
        ? "\u001b[2mopening\u001b[22m http://web:8080/lists/7\n\u001b[33mwarning\u001b[39m the page logged an error"
        : undefined,
      attachments: kind.failed ? [{ name: "screenshot", path: "test-results/a/test-failed-1.png", contentType: "image/png" }] : [],
    });
  }

  #exchange({
    at,
    number,
    step,
    environment,
    testAttempt,
    broken,
  }: {
    at: number;
    number: number;
    step: number;
    environment: string;
    testAttempt: string | undefined;
    broken: boolean;
  }): number {
    const requestId = hash(`${number} ${step} ${at} ${environment}`).slice(0, 32);
    const write = step % 4 === 1;
    const list = (number * 7 + step) % 900;
    const durationMs = 4 + ((number * 31 + step * 17) % 40) + (step % 19 === 7 ? 180 : 0);
    const status = broken ? 500 : write ? 201 : step % 13 === 12 ? 404 : 200;
    const url = `http://api:8000/lists/${list}${step % 3 === 0 ? "" : "/items"}`;
    const item = {
      id: number * 100 + step,
      list,
      title: `Buy ${["milk", "bread", "저녁 거리", "paper <b>"][step % 4]}`,
      done: step % 5 === 0,
      due: null,
    };
    const answer = broken
      ? { error: "internal error", requestId }
      : step % 3 === 0
        ? { id: list, name: "Groceries", items: [item], owner: { id: 7, name: "Ada" } }
        : item;
    this.transactions.push({
      ...{
        id: `t-${requestId.slice(0, 20)}`,
        environment,
        requestId,
        testAttempt,
        lane: number % 2,
        kind: "http",
        method: write ? "POST" : "GET",
        url,
        status,
      },
      requestHeaders: headers({
        host: "api:8000",
        accept: "application/json",
        "accept-language": "en",
        authorization: "Bearer [redacted]",
        traceparent: `00-${requestId}-${requestId.slice(3, 19)}-01`,
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome",
        "x-request-id": requestId,
        ...(write ? { "content-type": "application/json" } : {}),
      }),
      responseHeaders: headers({
        "content-type": "application/json; charset=utf-8",
        date: new Date(at).toUTCString(),
        etag: `W/"${requestId.slice(0, 8)}"`,
        "content-length": "133",
        connection: "keep-alive",
        "x-powered-by": "Express",
      }),
      requestBody: write ? this.#body(JSON.stringify({ title: item.title })) : undefined,
      responseBody: this.#body(JSON.stringify(answer)),
      startedAt: at,
      firstByteMs: durationMs - 1,
      durationMs,
    });
    const records = [
      this.#record({
        environment,
        service: "api",
        at: at + 1,
        level: "info",
        requestId,
        text: `${write ? "POST" : "GET"} ${url.slice(15)} ${status} ${durationMs} ms`,
      }),
    ];
    if (write)
      records.push(
        this.#record({
          environment,
          service: "worker",
          at: at + 4,
          level: "info",
          requestId,
          text: `{"level":"info","msg":"job taken","queue":"reminders","list":${list},"trace_id":"${requestId}"}`,
        }),
      );
    if (broken) records.push(this.#record({ environment, service: "api", at: at + 2, level: "error", requestId, text: apiError }));
    this.logs[requestId] = records;
    return durationMs;
  }

  #noise(attempt: string, environment: string, at: number, service: string, level: LogRecord["level"], text: string): void {
    this.unattributed[attempt] = [...(this.unattributed[attempt] ?? []), this.#record({ environment, service, at, level, text })];
  }

  #record(record: Omit<LogRecord, "sequence" | "stream">): LogRecord {
    const sequence = (this.#sequence.get(record.service) ?? 0) + 1;
    this.#sequence.set(record.service, sequence);
    return { ...record, sequence, stream: record.level === "error" ? "stderr" : "stdout" };
  }

  #body(text: string): BodyRef {
    const bytes = new TextEncoder().encode(text);
    const key = hash(text);
    this.bodies[key] = bytes;
    return { hash: key, sizeBytes: bytes.byteLength, truncated: false, contentType: "application/json; charset=utf-8" };
  }
}

const apiError = `TypeError: Cannot read properties of undefined (reading 'id')
    at mayOpen (/app/src/lists.ts:13:18)
    at getItems (/app/src/routes/items.ts:41:9)
    at Layer.handle [as handle_request] (/app/node_modules/express/lib/router/layer.js:95:5)
    at next (/app/node_modules/express/lib/router/route.js:149:13)
    at Route.dispatch (/app/node_modules/express/lib/router/route.js:119:3)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)`;
const mailError = `Error: connect ECONNREFUSED 10.77.0.9:8025
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1637:16)
    at sendMail (/app/src/mail.ts:5:11)`;

function failure(kind: { broken: boolean; silent: boolean }): { message: string; stack: string } {
  if (kind.broken) {
    const message =
      "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: \u001b[32m200\u001b[39m\nReceived: \u001b[31m500\u001b[39m";
    return {
      message,
      stack: `${message}\n\n  22 |   const answer = await request.get(\`/lists/\${list}/items\`);\n> 23 |   expect(answer.status()).toBe(200);\n     |                           ^\n    at /work/tests/lists.spec.ts:23:27\n    at /work/node_modules/playwright/lib/worker/testTracing.js:77:1`,
    };
  }
  if (kind.silent)
    return {
      message: "Error: no mail to ada@example.com within 5000 ms",
      stack:
        "Error: no mail to ada@example.com within 5000 ms\n    at waitForMail (/work/tests/mailbox.ts:18:11)\n    at /work/tests/sharing.spec.ts:61:5",
    };
  return {
    message: "Error: locator.click: Timeout 2000ms exceeded",
    stack: "Error: locator.click: Timeout 2000ms exceeded\n    at /work/tests/sign-in.spec.ts:12:3",
  };
}

function headers(values: Readonly<Record<string, string>>): Header[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
