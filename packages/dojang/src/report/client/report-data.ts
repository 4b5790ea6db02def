import type { LogRecord, OutsideCall, Transaction } from "@dojang/model";
import type {
  BodiesSection,
  CoverageSection,
  JobsSection,
  LoadDetail,
  OutsideSection,
  PackedBody,
  PackedExchanges,
  PackedLog,
  PackedOutsideCall,
  PackedStub,
  PackedTransaction,
  ReportIndex,
  TestsSection,
  UnclaimedSection,
} from "../report-sections.ts";
import { requestIdMark } from "../report-sections.ts";
import type { ReportedAttempt } from "../run-facts.ts";
import { unpackSection } from "./unpack-section.ts";

export interface ShownBody {
  readonly place: number | null;
  readonly hash: string;
  readonly sizeBytes: number;
  readonly truncated: boolean;
  readonly contentType?: string;
}

/** A transaction as screens use it: with its bodies by place and its log records at hand. */
export type ShownTransaction = Omit<Transaction, "requestBody" | "responseBody"> & {
  readonly requestBody?: ShownBody;
  readonly responseBody?: ShownBody;
  /** Undefined: not in the file. */
  readonly logs?: readonly LogRecord[];
  readonly outsideCalls: readonly ShownOutsideCall[];
};

export type ShownOutsideCall = Omit<OutsideCall, "requestBody" | "responseBody"> & {
  readonly requestBody?: ShownBody;
  readonly responseBody?: ShownBody;
};

export interface ShownAttempt {
  readonly attempt: ReportedAttempt;
  readonly transactions: readonly ShownTransaction[];
  readonly unattributed: readonly LogRecord[];
}

export interface ShownTest {
  readonly key: string;
  readonly attempts: readonly ShownAttempt[];
}

export interface FoundTransaction {
  readonly transaction: ShownTransaction;
  readonly testKey?: string;
  readonly attempt?: ShownAttempt;
}

/** Reads the sections of the page, each when it is first asked for, and keeps what it read. */
export class ReportData {
  readonly index: ReportIndex;
  readonly #sections = new Map<string, Promise<unknown>>();
  readonly #tests = new Map<number, Promise<readonly ShownTest[]>>();

  constructor(index: ReportIndex) {
    this.index = index;
  }

  static async open(): Promise<ReportData> {
    // The index is written by the same version of Dojang as this script, into the same file.
    return new ReportData((await readSection("index")) as ReportIndex);
  }

  async test(key: string): Promise<ShownTest | undefined> {
    const section = this.index.tests.find((row) => row.key === key)?.section;
    if (section === undefined) return undefined;
    return (await this.#testsOf(section)).find((test) => test.key === key);
  }

  async jobs(): Promise<JobsSection> {
    return (await this.#section("jobs")) as JobsSection;
  }

  async coverage(): Promise<CoverageSection | undefined> {
    return this.index.coverage === undefined ? undefined : ((await this.#section("coverage")) as CoverageSection);
  }

  async outside(section: number): Promise<readonly ShownTransaction[]> {
    return unpackExchanges((await this.#section(`outside-${section}`)) as OutsideSection, this.index.run.startedAt);
  }

  /** Outside calls that belong to no transaction. */
  async unclaimed(): Promise<readonly ShownOutsideCall[]> {
    if (this.index.unclaimed === 0) return [];
    const section = (await this.#section("unclaimed")) as UnclaimedSection;
    const origin = this.index.run.startedAt;
    return section.flatMap(({ environment, calls }) => calls.map((call) => unpackOutsideCall(call, { environment, origin })));
  }

  /** What is plotted of a profile; undefined when it did not fit into the file. */
  async load(number: number): Promise<LoadDetail | undefined> {
    if (this.index.load[number]?.plotted !== true) return undefined;
    return (await this.#section(`load-${number}`)) as LoadDetail;
  }

  async body(place: number): Promise<BodiesSection[number] | undefined> {
    const holder = this.index.bodySections.find(({ first, count }) => place >= first && place < first + count);
    if (holder === undefined) return undefined;
    return ((await this.#section(`bodies-${holder.section}`)) as BodiesSection)[place - holder.first];
  }

  /** Looks through the sections, the failed tests' first, for the file holds no list of its tens of thousands of ids. */
  async transaction(id: string): Promise<FoundTransaction | undefined> {
    const sections = new Set(this.index.tests.toSorted((a, b) => (a.section ?? 0) - (b.section ?? 0)).map((row) => row.section));
    for (const section of sections) {
      if (section === undefined) continue;
      for (const test of await this.#testsOf(section)) {
        for (const attempt of test.attempts) {
          const transaction = attempt.transactions.find((one) => one.id === id);
          if (transaction !== undefined) return { transaction, testKey: test.key, attempt };
        }
      }
    }
    for (const section of this.index.outside.sections) {
      const transaction = (await this.outside(section)).find((one) => one.id === id);
      if (transaction !== undefined) return { transaction };
    }
    return undefined;
  }

  #testsOf(section: number): Promise<readonly ShownTest[]> {
    const known = this.#tests.get(section);
    if (known !== undefined) return known;
    const read = this.#section(`tests-${section}`).then((value) => unpackTests(value as TestsSection, this.index.run.startedAt));
    this.#tests.set(section, read);
    return read;
  }

  #section(name: string): Promise<unknown> {
    const known = this.#sections.get(name);
    if (known !== undefined) return known;
    const read = readSection(name);
    this.#sections.set(name, read);
    return read;
  }
}

async function readSection(name: string): Promise<unknown> {
  // Sections come after this script, so that the first screen need not wait for them.
  if (document.readyState === "loading" && document.getElementById(`section-${name}`) === null) {
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
  }
  const element = document.getElementById(`section-${name}`);
  if (element === null) throw new Error(`section ${name} is missing`);
  return unpackSection(element.textContent ?? "");
}

function unpackTests(packed: TestsSection, origin: number): ShownTest[] {
  return packed.map((test) => ({
    key: test.key,
    attempts: test.attempts.map(({ attempt, exchanges, unattributed }) => ({
      attempt,
      transactions: unpackExchanges(exchanges, origin),
      unattributed: unattributed.map((log) => unpackLog(log, { environment: exchanges.environment, origin: attempt.startedAt ?? origin })),
    })),
  }));
}

function unpackExchanges({ environment, transactions }: PackedExchanges, origin: number): ShownTransaction[] {
  let startedAt = origin;
  return transactions.map((packed) => {
    startedAt += packed[8] / 1000;
    return unpackTransaction(packed, environment, startedAt);
  });
}

function unpackTransaction(packed: PackedTransaction, environment: string, startedAt: number): ShownTransaction {
  const [
    id,
    requestId,
    lane,
    kind,
    method,
    url,
    status,
    error,
    ,
    firstByteUs,
    durationUs,
    requestHeaders,
    responseHeaders,
    requestBody,
    responseBody,
    logs,
    outsideCalls,
  ] = packed;
  const header = (text: string) => unpackHeader(unmarked(text, requestId));
  return {
    ...{ id, environment, requestId, lane, kind: kind as Transaction["kind"], method, startedAt },
    url: unmarked(url, requestId),
    status: status ?? undefined,
    error: error ?? undefined,
    firstByteMs: firstByteUs === null ? undefined : firstByteUs / 1000,
    durationMs: durationUs / 1000,
    requestHeaders: requestHeaders.map(header),
    responseHeaders: responseHeaders.map(header),
    requestBody: unpackBody(requestBody),
    responseBody: unpackBody(responseBody),
    logs: logs?.map((log) => unpackLog(log, { environment, origin: startedAt, requestId })),
    outsideCalls: (outsideCalls ?? []).map((call) => ({ ...unpackOutsideCall(call, { environment, origin: startedAt }), transaction: id })),
  };
}

function unpackOutsideCall(packed: PackedOutsideCall, { environment, origin }: { environment: string; origin: number }): ShownOutsideCall {
  const [id, requestId, mock, method, url, status, fault, answeredBy, stub, declared, direct, violations, nearest, ...rest] = packed;
  const [afterUs, durationUs, delayUs, requestHeaders, responseHeaders, requestBody, responseBody] = rest;
  return {
    ...{ id, environment, mock, direct, method, url, answeredBy, declared },
    requestId: requestId ?? undefined,
    status: status ?? undefined,
    fault: fault ?? undefined,
    stub: unpackStub(stub),
    violations: violations.map(([side, at, message, rule]) => ({ side, at, message, rule })),
    nearest: nearest === null ? undefined : { stub: unpackStub(nearest[0]) ?? { id: "" }, differences: nearest[1] },
    startedAt: origin + afterUs / 1000,
    durationMs: durationUs / 1000,
    delayMs: delayUs / 1000,
    requestHeaders: requestHeaders.map(unpackHeader),
    responseHeaders: responseHeaders.map(unpackHeader),
    requestBody: unpackBody(requestBody),
    responseBody: unpackBody(responseBody),
  };
}

function unpackStub(packed: PackedStub | null): OutsideCall["stub"] {
  return packed === null ? undefined : { id: packed[0], name: packed[1] ?? undefined, file: packed[2] ?? undefined };
}

function unpackHeader(text: string): { name: string; value: string } {
  const at = text.indexOf(": ");
  return { name: text.slice(0, at), value: text.slice(at + 2) };
}

function unpackBody(packed: PackedBody | null): ShownBody | undefined {
  if (packed === null) return undefined;
  const [place, hash, sizeBytes, truncated, contentType] = packed;
  return { place, hash, sizeBytes, truncated, contentType: contentType ?? undefined };
}

function unpackLog(packed: PackedLog, around: { environment: string; origin: number; requestId?: string }): LogRecord {
  const [service, sequence, afterUs, stream, level, text] = packed;
  const { environment, origin, requestId } = around;
  return {
    environment,
    service,
    sequence,
    at: origin + afterUs / 1000,
    stream,
    level: (level ?? undefined) as LogRecord["level"],
    text: unmarked(text, requestId),
    requestId,
  };
}

function unmarked(text: string, requestId: string | undefined): string {
  return requestId === undefined ? text : text.replaceAll(requestIdMark, requestId);
}
