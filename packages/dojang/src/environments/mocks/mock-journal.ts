import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { bodyCapBytes, type FeedLine, feedLine, longestLineBytes, type PlayedCall } from "@dojang/mock/environment";
import type { BodyRef, OutsideCall, OutsideStub } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import { BodyTap, type CapturedBody, finishBody } from "../../capture/captured-body.ts";
import { type Redactor, redactor } from "../../capture/redaction.ts";
import { journalPort } from "./mock-services.ts";

/**
 * Reads what the mocks of an environment were asked, while it lives, into one journal: bounded by bytes over all of them, with
 * secrets taken out as in transactions.
 *
 * Each mock is followed on a connection of its own. When it breaks off, the mock was killed and starts again: its next life counts
 * calls from 1, and what it had not told before is lost, which is said. `finish` reads what is there once more and ends. A mock runs
 * the change's specification, so nothing it says is believed: lines are checked, and cost it its own calls only.
 */
export interface MockJournal {
  /** Takes in everything that was asked by now, then ends; resolves with what each mock told. Safe twice. */
  finish(): Promise<readonly MockTally[]>;
}

/** What one mock of an environment was asked in all, kept or not. */
export interface MockTally {
  readonly mock: string;
  readonly calls: number;
  readonly unmatched: number;
  readonly undeclared: number;
  /** Of `calls`, those without a request id. */
  readonly withoutRequestId: number;
  /** Of `calls`, those that are not in the journal: it was full, or they came faster than they were read. */
  readonly dropped: number;
  /** How often it was killed and started again; stubs that tests had injected, and calls not yet read, went with it. */
  readonly restarts: number;
  /** False when it could not be asked at the end: then nothing is said of what was never needed. */
  readonly complete: boolean;
  readonly stubs: readonly StubTally[];
}

export interface StubTally {
  readonly stub: OutsideStub;
  readonly calls: number;
  /** While the environment ran; `injectedBy` is the request id of whoever did. */
  readonly injected: boolean;
  readonly injectedBy?: string;
  readonly optional: boolean;
}

export interface MockJournalOptions {
  readonly runtime: Pick<Runtime, "connect">;
  readonly environmentId: string;
  readonly mocks: readonly string[];
  readonly maxBytes: number;
  /** Calls that went wrong are kept always; the others only when asked for, and counted else. */
  readonly keep: "all" | "wrong";
  readonly write: (batch: { readonly calls: readonly OutsideCall[]; readonly bodies: readonly CapturedBody[] }) => Promise<void>;
  /** Told once for each kind of trouble; the run goes on. */
  readonly onProblem: (text: string) => void;
}

export const defaultJournalBytes = 64 * 1024 * 1024;

const lingerMs = 200;
const batchCalls = 200;
/** How often it is said of one mock that it was started again; it is counted on. */
const mostSaid = 5;
const finishTimeoutMs = 10_000;
/** Of one kept call beside its texts and bodies. */
const rowBytes = 512;

export function startMockJournal(options: MockJournalOptions): MockJournal {
  const redact = redactor();
  const room = { bytes: options.maxBytes };
  let waiting: { call: OutsideCall; bodies: readonly CapturedBody[] }[] = [];
  let writing = Promise.resolve();
  let failed = false;

  function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return writing;
    writing = writing
      .then(() => options.write({ calls: batch.map(({ call }) => call), bodies: batch.flatMap(({ bodies }) => bodies) }))
      .catch((error: unknown) => {
        if (!failed) options.onProblem(`calls to mocks could not be kept: ${messageOf(error)}`);
        failed = true;
      });
    return writing;
  }

  async function keep(mock: string, played: PlayedCall): Promise<boolean> {
    if (options.keep === "wrong" && played.answeredBy !== "nothing" && !isUndeclared(played)) return true;
    const made = await toOutsideCall(played, { mock, environment: options.environmentId, redact });
    const texts = JSON.stringify([made.call.url, made.call.requestHeaders, made.call.responseHeaders, made.call.nearest ?? null]).length;
    const cost = rowBytes + texts + made.bodies.reduce((sum, body) => sum + body.bytes.byteLength, 0);
    if (cost > room.bytes) return false;
    room.bytes -= cost;
    waiting.push(made);
    // Whoever reads waits here, and so the mock's own ring takes what comes faster than the store does.
    if (waiting.length >= batchCalls) await flush();
    return true;
  }

  const timer = setInterval(() => void flush(), lingerMs);
  const followed = options.mocks.map((mock) => followMock({ ...options, mock, keep: (call) => keep(mock, call) }));
  let finishing: Promise<readonly MockTally[]> | undefined;
  async function finish(): Promise<readonly MockTally[]> {
    const tallies = await Promise.all(followed.map((one) => one.finish()));
    clearInterval(timer);
    await flush();
    return tallies;
  }
  return {
    finish() {
      finishing ??= finish();
      return finishing;
    },
  };
}

interface Following extends Pick<MockJournalOptions, "runtime" | "environmentId" | "onProblem"> {
  readonly mock: string;
  /** Whether it was kept. */
  readonly keep: (call: PlayedCall) => Promise<boolean>;
}

function followMock({ runtime, environmentId, mock, keep, onProblem }: Following): { finish(): Promise<MockTally> } {
  const ending = new AbortController();
  const tally = createTally(mock);
  let at: { life: string | undefined; sequence: number } = { life: undefined, sequence: 0 };

  async function take(line: FeedLine): Promise<void> {
    if (line.kind === "begin") {
      if (at.life !== undefined && at.life !== line.life) {
        if (tally.restarted() <= mostSaid) onProblem(`the mock ${mock} was started again: what tests had injected into it is gone`);
      }
      if (at.life !== line.life) at = { life: line.life, sequence: 0 };
    } else if (line.kind === "dropped") {
      at.sequence = Math.max(at.sequence, line.upTo);
      tally.missed(line.count);
    } else if (line.kind === "end") {
      tally.ended(line);
    } else if (line.sequence > at.sequence) {
      at.sequence = line.sequence;
      tally.asked(line.call, await keep(line.call));
    }
  }

  async function read(follow: boolean, signal: AbortSignal): Promise<void> {
    const socket = await runtime.connect(environmentId, { host: mock, port: journalPort }, { signal });
    const path = `/calls?after=${at.sequence}&life=${at.life ?? ""}${follow ? "&follow" : ""}`;
    try {
      for await (const text of linesOf(await get(socket as Socket, path, signal))) await take(feedLine.parse(JSON.parse(text)));
    } finally {
      socket.destroy();
    }
  }

  async function follow(): Promise<void> {
    while (!ending.signal.aborted) {
      // It is gone, or said something strange; the next reading begins where this one was cut.
      await read(true, ending.signal).catch(() => undefined);
      await wait(lingerMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  }

  const following = follow();
  return {
    async finish() {
      ending.abort();
      await following;
      await read(false, AbortSignal.timeout(finishTimeoutMs)).catch((error: unknown) => {
        onProblem(`the mock ${mock} could not be asked for its last calls: ${messageOf(error)}`);
      });
      return tally.result();
    },
  };
}

function createTally(mock: string) {
  const counts = { calls: 0, unmatched: 0, undeclared: 0, withoutRequestId: 0, dropped: 0, restarts: 0 };
  /** Of the current life; the mock's own counts include what was dropped before it was read. */
  let life = { calls: 0, unmatched: 0, undeclared: 0 };
  let complete = false;
  const seen = new Map<string, number>();
  const stubs = new Map<string, StubTally>();
  return {
    restarted(): number {
      life = { calls: 0, unmatched: 0, undeclared: 0 };
      counts.restarts += 1;
      return counts.restarts;
    },
    missed(count: number): void {
      counts.dropped += count;
    },
    asked(call: PlayedCall, kept: boolean): void {
      const more = { calls: 1, unmatched: call.answeredBy === "nothing" ? 1 : 0, undeclared: isUndeclared(call) ? 1 : 0 };
      for (const key of ["calls", "unmatched", "undeclared"] as const) {
        counts[key] += more[key];
        life[key] += more[key];
      }
      if (call.requestId === undefined) counts.withoutRequestId += 1;
      if (!kept) counts.dropped += 1;
      if (call.stub) seen.set(call.stub.id, (seen.get(call.stub.id) ?? 0) + 1);
    },
    ended(line: Extract<FeedLine, { kind: "end" }>): void {
      complete = true;
      for (const key of ["calls", "unmatched", "undeclared"] as const) {
        counts[key] += Math.max(line[key] - life[key], 0);
        life[key] = Math.max(line[key], life[key]);
      }
      for (const use of line.stubs) stubs.set(use.stub.id, use);
    },
    result(): MockTally {
      const used = [...stubs.values()].map((use) => ({ ...use, calls: Math.max(use.calls, seen.get(use.stub.id) ?? 0) }));
      return { mock, ...counts, complete, stubs: used };
    },
  };
}

/** What disagrees with the document, or is not in it at all; a call that nothing answered is told as that. */
export function isUndeclared(call: Pick<OutsideCall, "answeredBy" | "declared" | "violations">): boolean {
  return call.answeredBy !== "nothing" && (call.violations.length > 0 || !call.declared);
}

async function toOutsideCall(
  played: PlayedCall,
  { mock, environment, redact }: { readonly mock: string; readonly environment: string; readonly redact: Redactor },
): Promise<{ readonly call: OutsideCall; readonly bodies: readonly CapturedBody[] }> {
  const { requestBody, responseBody, ...rest } = played;
  const requestHeaders = redact.headers(played.requestHeaders);
  const responseHeaders = redact.headers(played.responseHeaders);
  const request = await captured(requestBody, requestHeaders, redact);
  const response = await captured(responseBody, responseHeaders, redact);
  return {
    call: {
      ...rest,
      environment,
      mock,
      direct: false,
      url: redact.url(played.url),
      violations: played.violations.map((violation) => ({ ...violation, message: redact.text(violation.message) })),
      nearest: played.nearest && { ...played.nearest, differences: played.nearest.differences.map(redact.text) },
      requestHeaders,
      responseHeaders,
      requestBody: request?.ref,
      responseBody: response?.ref,
    },
    bodies: [request, response].flatMap((one) => (one === undefined ? [] : [one.body])),
  };
}

/** Content codings are taken off by the mock. */
async function captured(
  { base64, sizeBytes }: PlayedCall["requestBody"],
  headers: OutsideCall["requestHeaders"],
  redact: Redactor,
): Promise<{ readonly ref: BodyRef; readonly body: CapturedBody } | undefined> {
  const tap = new BodyTap(bodyCapBytes);
  tap.see(Buffer.from(base64, "base64"));
  const contentType = headers.find(({ name }) => name.toLowerCase() === "content-type")?.value;
  const made = await finishBody(tap, { contentType, contentEncoding: undefined, capBytes: bodyCapBytes, redact });
  return made && { ...made, ref: { ...made.ref, sizeBytes, truncated: made.ref.truncated || sizeBytes > tap.sizeBytes } };
}

function get(socket: Socket, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // The runtime's stream does all of a socket that an HTTP client uses.
    const outgoing = httpRequest({ host: "mock", path, createConnection: () => socket, signal }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      reject(new Error(`it answered ${response.statusCode}`));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    const parts = (rest + String(chunk)).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > longestLineBytes) throw new Error("a line of it is too long");
    yield* parts;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
