import { createHash } from "node:crypto";
import { TextDecoder } from "node:util";
import type { BodyRef, LogRecord, TestStatus, Transaction } from "@dojang/model";
import { isBroken } from "./evidence.ts";
import { plainText } from "./plain-text.ts";
import type { AttemptWithTransactions, ReportedTest } from "./reported-tests.ts";
import type { ReportedAttempt, RunFacts } from "./run-facts.ts";

/** A file of an Allure results folder. */
export interface AllureFile {
  readonly name: string;
  readonly content: string;
}

const bodyLimitBytes = 64 * 1024;

/**
 * One attempt in Allure's format (allurereport.org, "Test result file"), which Allure 2 and 3 read: transactions are steps
 * with an HTTP Exchange attachment (Allure 3's viewer, schema version 1), logs are text. Attempts of one test share
 * `historyId`, which makes Allure show retries, and runs share it too, which makes its history.
 */
export function allureFiles(test: ReportedTest, own: AttemptWithTransactions, facts: RunFacts): AllureFile[] {
  const { attempt, transactions } = own;
  const uuid = uuidOf(`${facts.run.id} ${attempt.job} ${attempt.shard} ${attempt.id}`);
  const start = Math.round(attempt.startedAt ?? facts.run.startedAt);
  const files: AllureFile[] = [];
  const attach = (name: string, extension: string, type: string, content: string): AllureAttachment => {
    const source = `${uuid}-${files.length}-attachment.${extension}`;
    files.push({ name: source, content });
    return { name, source, type };
  };
  const steps = transactions.map((transaction) => ({
    name: `${transaction.method} ${transaction.url} -> ${transaction.status ?? "no answer"}`,
    status: isBroken(transaction) ? "broken" : "passed",
    stage: "finished",
    start: Math.round(transaction.startedAt),
    stop: Math.round(transaction.startedAt + transaction.durationMs),
    parameters: [{ name: "request id", value: transaction.requestId }],
    attachments: [
      attach("HTTP Exchange", "httpexchange", "application/vnd.allure.http+json", JSON.stringify(httpExchange(transaction, facts))),
    ],
  }));
  const logs = logText(own, facts);
  const attachments = logs === "" ? [] : [attach("service logs", "txt", "text/plain", logs)];
  if (attempt.output !== undefined) attachments.push(attach("output", "txt", "text/plain", plainText(attempt.output)));
  const result = {
    ...identity(attempt),
    uuid,
    status: statuses[attempt.status],
    statusDetails:
      attempt.error === undefined
        ? {}
        : { message: plainText(attempt.error.message), trace: plainText(attempt.error.stack ?? ""), flaky: test.outcome === "flaky" },
    stage: "finished",
    start,
    stop: Math.round(start + attempt.durationMs),
    labels: labels(attempt, facts),
    parameters: attempt.project === undefined ? [] : [{ name: "project", value: attempt.project }],
    steps,
    attachments,
  };
  return [...files, { name: `${uuid}-result.json`, content: JSON.stringify(result) }];
}

interface AllureAttachment {
  readonly name: string;
  readonly source: string;
  readonly type: string;
}

/** Allure tells a failed assertion (failed) from everything else that went wrong (broken). */
const statuses: Readonly<Record<TestStatus, string>> = { passed: "passed", failed: "failed", error: "broken", skipped: "skipped" };

function identity(attempt: ReportedAttempt): Readonly<Record<string, unknown>> {
  return {
    name: attempt.titlePath.at(-1) ?? attempt.file,
    fullName: `${attempt.file}#${attempt.titlePath.join(" > ")}`,
    titlePath: [...attempt.file.split("/"), ...attempt.titlePath.slice(0, -1)],
    historyId: digest(`${attempt.job} ${attempt.testId}`),
    testCaseId: attempt.testId,
  };
}

function labels(attempt: ReportedAttempt, facts: RunFacts): { name: string; value: string }[] {
  return [
    { name: "parentSuite", value: attempt.job },
    { name: "suite", value: attempt.file },
    ...(attempt.titlePath.length > 1 ? [{ name: "subSuite", value: attempt.titlePath[0] ?? "" }] : []),
    { name: "host", value: facts.run.project },
    { name: "thread", value: `${attempt.job} ${attempt.shard}` },
    { name: "framework", value: "dojang" },
  ];
}

function httpExchange(transaction: Transaction, facts: RunFacts): unknown {
  const { method, url, status, error, startedAt, durationMs } = transaction;
  return {
    schemaVersion: 1,
    start: startedAt,
    stop: startedAt + durationMs,
    request: { method, url, headers: transaction.requestHeaders, body: exchangeBody(transaction.requestBody, facts) },
    response:
      status === undefined
        ? undefined
        : { status, headers: transaction.responseHeaders, body: exchangeBody(transaction.responseBody, facts) },
    error: error === undefined ? undefined : { message: error },
  };
}

function exchangeBody(ref: BodyRef | undefined, facts: RunFacts): unknown {
  if (ref === undefined) return undefined;
  const all = Object.hasOwn(facts.bodies, ref.hash) ? facts.bodies[ref.hash] : undefined;
  const bytes = all?.subarray(0, bodyLimitBytes);
  const truncated = ref.truncated || (all?.byteLength ?? 0) > bodyLimitBytes;
  return { contentType: ref.contentType, size: ref.sizeBytes, truncated, ...(bytes === undefined ? {} : encoded(bytes)) };
}

function encoded(bytes: Uint8Array): { encoding: "utf8" | "base64"; value: string } {
  try {
    return { encoding: "utf8", value: new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true }) };
  } catch {
    return { encoding: "base64", value: Buffer.from(bytes).toString("base64") };
  }
}

/** All services in order of time; a `~` marks records that carry no request id. */
function logText({ attempt, transactions }: AttemptWithTransactions, facts: RunFacts): string {
  const caused = transactions.flatMap(({ requestId }) => facts.logsByRequest[requestId] ?? []).map((record) => ({ record, mark: " " }));
  const meanwhile = (facts.unattributedLogs[attempt.id] ?? []).map((record) => ({ record, mark: "~" }));
  return [...caused, ...meanwhile]
    .toSorted((a, b) => a.record.at - b.record.at || a.record.sequence - b.record.sequence)
    .map(({ record, mark }) => `${mark} ${logLine(record)}\n`)
    .join("");
}

function logLine({ at, service, level, requestId, text }: LogRecord): string {
  return `${new Date(at).toISOString()} ${service} ${level ?? "-"} ${requestId ?? "-"} ${plainText(text)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** A UUID of RFC 9562's version 8: made from a hash, so that writing a run again replaces its files. */
function uuidOf(text: string): string {
  return digest(text).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-8$3-a$4-$5");
}
