import type { Header, LogRecord, OutsideCall, Transaction } from "@dojang/model";
import { packBody, packOutsideCalls } from "./pack-outside.ts";
import type { PackedExchange, PackedExchanges, PackedLog, PackedTest, PackedTransaction } from "./report-sections.ts";
import { requestIdMark } from "./report-sections.ts";
import type { ReportedTest } from "./reported-tests.ts";
import type { RunFacts } from "./run-facts.ts";

export interface PackOptions {
  readonly facts: RunFacts;
  /** Outside calls by the transaction that caused them. */
  readonly caused: ReadonlyMap<string, readonly OutsideCall[]>;
  /** Says where a body will be; called for every body that is met. */
  readonly placeOf: (hash: string) => number | null;
  readonly withLogs: boolean;
}

const longestLogText = 16_000;

export function packTest(test: ReportedTest, options: PackOptions): PackedTest {
  const { facts } = options;
  return {
    key: test.key,
    attempts: test.attempts.map(({ attempt, transactions }) => ({
      attempt,
      exchanges: packExchanges(transactions, transactions[0]?.environment ?? "", options),
      unattributed: packLogs({
        records: options.withLogs ? (facts.unattributedLogs[attempt.id] ?? []) : [],
        origin: attempt.startedAt ?? facts.run.startedAt,
      }),
    })),
  };
}

export function packExchanges(transactions: readonly Transaction[], environment: string, options: PackOptions): PackedExchanges {
  let previous = options.facts.run.startedAt;
  return {
    environment,
    transactions: transactions.map((transaction) => {
      const packed = packTransaction(transaction, previous, options);
      previous = transaction.startedAt;
      return packed;
    }),
  };
}

function packTransaction(transaction: Transaction, previous: number, options: PackOptions): PackedTransaction {
  const { facts, caused, placeOf, withLogs } = options;
  const { requestId, startedAt } = transaction;
  const outside = caused.get(transaction.id);
  const headers = (list: readonly Header[]): string[] => list.map(({ name, value }) => marked(`${name}: ${value}`, requestId));
  const packed: PackedExchange = [
    transaction.id,
    requestId,
    transaction.lane,
    transaction.kind,
    transaction.method,
    marked(transaction.url, requestId),
    transaction.status ?? null,
    transaction.error ?? null,
    microseconds(startedAt - previous),
    transaction.firstByteMs === undefined ? null : microseconds(transaction.firstByteMs),
    microseconds(transaction.durationMs),
    headers(transaction.requestHeaders),
    headers(transaction.responseHeaders),
    packBody(transaction.requestBody, placeOf),
    packBody(transaction.responseBody, placeOf),
    withLogs ? packLogs({ records: facts.logsByRequest[requestId] ?? [], origin: startedAt, requestId }) : null,
  ];
  return outside === undefined ? packed : [...packed, packOutsideCalls(outside, { origin: startedAt, placeOf })];
}

function packLogs({ records, origin, requestId }: { records: readonly LogRecord[]; origin: number; requestId?: string }): PackedLog[] {
  const ordered = records.toSorted((a, b) => a.at - b.at || a.sequence - b.sequence);
  return ordered.map(({ service, sequence, at, stream, level, text }) => [
    service,
    sequence,
    microseconds(at - origin),
    stream,
    level ?? null,
    marked(text.slice(0, longestLogText), requestId),
  ]);
}

/** Without its random id one request's text is like the next one's, and is kept once. */
function marked(text: string, requestId: string | undefined): string {
  return requestId === undefined || requestId === "" ? text : text.replaceAll(requestId, requestIdMark);
}

function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}
