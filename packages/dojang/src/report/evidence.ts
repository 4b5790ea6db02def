import type { LogRecord, Transaction } from "@dojang/model";
import { isBrowserErrand } from "./browser-errand.ts";
import { likeness } from "./plain-text.ts";
import type { AttemptWithTransactions } from "./reported-tests.ts";
import type { RunFacts } from "./run-facts.ts";

/** What best explains a failed attempt: the transaction that went wrong and the log record that shows why. */
export interface Evidence {
  readonly transaction?: Transaction;
  readonly log?: LogRecord;
}

/** Likenesses of records that passing tests caused too: they explain no failure. */
export type UsualErrors = ReadonlySet<string>;

/**
 * In order: an error record that a failed transaction caused (5xx or no answer, the latest first), one that any other
 * transaction caused, one without a request id written meanwhile, then the failed transaction alone, then a warning, then
 * an answer of 4xx, with a record before one without, and last what was printed to stderr only for this test.
 */
export function evidenceOf(own: AttemptWithTransactions, facts: RunFacts, usual: UsualErrors): Evidence {
  const latest = own.transactions.filter((transaction) => !isBrowserErrand(transaction)).toReversed();
  const broken = latest.filter(isBroken);
  const ordered = [...broken, ...latest.filter((transaction) => !isBroken(transaction))];
  for (const transaction of ordered) {
    const log = worst(facts.logsByRequest[transaction.requestId] ?? [], errorWeight, usual);
    if (log !== undefined) return { transaction, log };
  }
  const meanwhile = worst(facts.unattributedLogs[own.attempt.id] ?? [], errorWeight, usual);
  if (meanwhile !== undefined) return { transaction: broken[0], log: meanwhile };
  for (const transaction of broken) {
    // An answer of 5xx makes even a usual or a mild record worth showing.
    const log = worst(facts.logsByRequest[transaction.requestId] ?? [], complaintWeight, new Set());
    return { transaction, log };
  }
  for (const transaction of ordered) {
    const log = worst(facts.logsByRequest[transaction.requestId] ?? [], warningWeight, usual);
    if (log !== undefined) return { transaction, log };
  }
  const refused = latest.filter((transaction) => (transaction.status ?? 0) >= 400);
  for (const transaction of refused) {
    const log = worst(facts.logsByRequest[transaction.requestId] ?? [], warningWeight, new Set());
    if (log !== undefined) return { transaction, log };
  }
  if (refused[0] !== undefined) return { transaction: refused[0] };
  for (const transaction of ordered) {
    const log = worst(facts.logsByRequest[transaction.requestId] ?? [], complaintWeight, usual);
    if (log !== undefined) return { transaction, log };
  }
  return {};
}

/** The record that shows what a service made of it; undefined when none complains. */
export function complaintOf(records: readonly LogRecord[]): LogRecord | undefined {
  return worst(records, errorWeight, new Set()) ?? worst(records, warningWeight, new Set());
}

export function usualErrors(passed: readonly AttemptWithTransactions[], facts: RunFacts): UsualErrors {
  const usual = new Set<string>();
  for (const { attempt, transactions } of passed) {
    const records = [
      ...transactions.flatMap(({ requestId }) => facts.logsByRequest[requestId] ?? []),
      ...(facts.unattributedLogs[attempt.id] ?? []),
    ];
    for (const record of records) if (weight(record) >= complaintWeight) usual.add(likenessOf(record));
  }
  return usual;
}

/** No answer, or the server's own fault. */
export function isBroken(transaction: Transaction): boolean {
  return (transaction.status ?? 0) >= 500 || (transaction.status === undefined && transaction.error !== undefined);
}

const errorWeight = 4;
const warningWeight = 2;
/** A line on stderr that states no level. */
const complaintWeight = 1;

function weight(record: LogRecord): number {
  if (record.level === "fatal") return 6;
  if (record.level === "error") return 5;
  if (record.level === "warn") return warningWeight;
  if (record.level !== undefined) return 0;
  // A service without levels still shows an exception: a stack, or a word of alarm.
  if (/\n[ \t]+at \S|^Traceback \(most recent call last\)/m.test(record.text)) return errorWeight;
  if (/\b(?:error|exception|fatal|panic|unhandled|ECONNREFUSED|ETIMEDOUT)\b/i.test(record.text)) return errorWeight;
  return record.stream === "stderr" ? complaintWeight : 0;
}

/** Of the heaviest records the last, for the first of a chain is often only a retry that went on. */
function worst(records: readonly LogRecord[], atLeast: number, usual: UsualErrors): LogRecord | undefined {
  let best: LogRecord | undefined;
  let bestWeight = atLeast;
  for (const record of records.toSorted((a, b) => a.at - b.at || a.sequence - b.sequence)) {
    const own = weight(record);
    if (own < bestWeight || usual.has(likenessOf(record))) continue;
    best = record;
    bestWeight = own;
  }
  return best;
}

function likenessOf(record: LogRecord): string {
  return `${record.service} ${likeness(record.text)}`;
}
