import { basename } from "node:path";
import { createRandom } from "../generator/random.ts";
import type { Answer } from "../http/answer.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import type { LoadError } from "../result/load-result.ts";
import { createCookieJar } from "../scenario/cookie-jar.ts";
import { createDataRows } from "../scenario/data-rows.ts";
import type { PlannedRequest, Session } from "../scenario/session.ts";
import { compileTemplate, type Values } from "../scenario/template.ts";
import { createRequestNames, type RequestNames } from "./request-names.ts";
import { createScriptCounts, type ScriptFacts } from "./script-facts.ts";
import { formatPlace, placeOf } from "./script-place.ts";
import { type RequestBase, requestName, writeRequest } from "./script-request.ts";
import { RequestFailedError, type Visit, type VisitAnswer, type VisitRequest } from "./visit.ts";
import { visitAnswer } from "./visit-answer.ts";
import { createVisitContext } from "./visit-context.ts";

/**
 * Sessions that a script drives. The traffic says when a request may go, the script which:
 *
 *   open:    arrival -> the request that has waited longest in a session; else a new session, which owes its first request
 *            script asks -> sent at once when an arrival is owed, else it waits for one
 *   closed:  each user runs one session after the other; what they ask is sent at once
 *
 * When the run is over nothing more is sent, and whatever a script waits for then never comes: it is simply left. A script that
 * throws, and one that ends without having asked anything, is an error of kind `script`.
 */
export interface ScriptTraffic {
  readonly names: RequestNames;
  arrive(intendedAt: number): void;
  useUser(isWanted: () => boolean, leave: () => void): void;
  /** What was counted until now was warm-up. */
  startJudging(): void;
  /** Nothing more is sent. Arrivals that no session used are counted as errors. Safe twice. */
  finish(): void;
  facts(): ScriptFacts;
  close(): void;
}

export interface ScriptTrafficOptions {
  readonly plan: LoadPlan;
  readonly visit: Visit;
  /** Absolute path. */
  readonly module: string;
  readonly share: { readonly thread: number; readonly of: number };
  /** Sends a request, now or as soon as a connection is free. */
  readonly ask: (session: Session, request: PlannedRequest, intendedAt: number) => void;
  readonly onNewName: () => void;
  /** An error that was found after the answer was counted. */
  readonly onFlaw: (request: number, error: LoadError) => void;
  /** A request that never came to be. */
  readonly onMissing: (request: number, intendedAt: number) => void;
}

/** Sessions of one thread at a time, and requests that one of them may ask at once. */
const mostSessions = 10_000;
const mostAtOnce = 1_000;
/** Until a user tries again whose session failed before it asked anything. */
const pauseMs = 100;

/** A session that runs. */
interface Live {
  asked: number;
  inFlight: number;
  last: number | undefined;
  /** Whether the request asked last was counted as an error. */
  flawed: boolean;
}

export function createScriptTraffic(options: ScriptTrafficOptions): ScriptTraffic {
  const { plan, visit, module, share } = options;
  const { scenario } = plan;
  const ended = new AbortController();
  const names = createRequestNames(options.onNewName);
  const counts = createScriptCounts();
  const rows = createDataRows(scenario.data, share);
  /** Requests that wait for an arrival. */
  const waiting: ((intendedAt: number) => void)[] = [];
  const owed: number[] = [];
  const live = new Set<Live>();
  const timers = new Set<NodeJS.Timeout>();
  const isOpen = plan.traffic.model === "open";
  // Warm-up is always by rate.
  let byRate = isOpen || plan.warmUp !== undefined;
  /** Nothing more is sent; the last answers still come, and what scripts make of them counts. */
  const isOver = () => ended.signal.aborted;
  let isClosed = false;
  let beginning: number | undefined;
  let number = share.thread;

  const missing = (intendedAt: number): void => options.onMissing(names.indexOf(basename(module)), intendedAt);
  const failed = (error: unknown, one: Live | undefined): void => {
    // What comes of the end itself is no mistake.
    if (isClosed || (isOver() && error instanceof Error && error.name === "AbortError")) return;
    const place = placeOf(error, module);
    counts.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error), place && formatPlace(place));
    if (one !== undefined) flaw(one, "script");
  };
  const flaw = (one: Live, error: LoadError): void => {
    if (one.last === undefined || one.flawed) return;
    one.flawed = true;
    options.onFlaw(one.last, error);
  };
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (isOver()) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });

  /** Runs one session to its end; true when it asked something. Never rejects. */
  const run = async (): Promise<boolean> => {
    const one: Live = { asked: 0, inFlight: 0, last: undefined, flawed: false };
    const mine = number;
    number += share.of;
    live.add(one);
    counts.begun();
    const random = createRandom(plan.seed * 1_000_003 + mine);
    const cookies = createCookieJar();
    const row = rows.next(random);
    const base = { target: plan.target, headers: fixedHeaders(plan, { random, mine, row: row.values }) };
    try {
      const context = createVisitContext({
        number: mine,
        cookies,
        random,
        data: row.bySet,
        variables: scenario.variables,
        signal: ended.signal,
        wait,
        check(name, holds) {
          if (isClosed) return;
          counts.check(name, holds);
          if (!holds) flaw(one, "check");
        },
        request: (method, path, wanted) => request(one, { base, cookies, method, path, wanted }),
      });
      await visit(context);
    } catch (error) {
      // What did not answer was counted with its request.
      if (!(error instanceof RequestFailedError)) failed(error, one);
    }
    live.delete(one);
    if (one.asked > 0 || isOver()) return one.asked > 0;
    counts.error("the visit ended without asking anything", module);
    return false;
  };

  const request = (one: Live, { base, cookies, method, path, wanted }: AskedRequest): Promise<VisitAnswer> => {
    const { promise, resolve, reject } = Promise.withResolvers<VisitAnswer>();
    // Nobody need wait for an answer.
    promise.catch(() => undefined);
    if (isOver()) return promise;
    if (one.inFlight >= mostAtOnce) throw new RangeError(`a session may have ${mostAtOnce} requests on their way, await them`);
    const write = writeRequest(base, { method, path, options: wanted });
    const name = wanted.name ?? requestName(method, path);
    const index = names.indexOf(name);
    const expected = wanted.expect === undefined ? undefined : new Set([wanted.expect].flat());
    const isOk = (status: number) => expected?.has(status) ?? status < 400;
    const planned: PlannedRequest = {
      index,
      name,
      writer: { method, fixed: undefined, write: (_, extraHeaders) => write(extraHeaders) },
      keeps: true,
      thinkMs: undefined,
      captures: [],
      checks: [],
    };
    const session: Session = {
      values: noValues,
      next: () => undefined,
      lasts: false,
      thinkMs: () => 0,
      cookieHeader: cookies.header,
      answered(_, answer: Answer) {
        one.inFlight--;
        one.last = index;
        const ok = isOk(answer.status);
        one.flawed = !ok;
        cookies.take(answer.headText);
        resolve(visitAnswer(answer, ok));
        return ok ? undefined : "status";
      },
      failed(kind, detail) {
        one.inFlight--;
        reject(new RequestFailedError(kind, { request: name, detail }));
      },
    };
    one.asked++;
    one.inFlight++;
    const send = (intendedAt: number) => options.ask(session, planned, intendedAt);
    if (!byRate) send(performance.now());
    else if (owed.length > 0) {
      owed.shift();
      // Time that the script takes before it asks is not the server's.
      send(beginning ?? performance.now());
    } else waiting.push(send);
    return promise;
  };

  // What a script does not await may fail too; without a listener that would end the thread.
  const onStray = (error: unknown): void => failed(error, undefined);
  process.on("unhandledRejection", onStray).on("uncaughtException", onStray);

  return {
    names,
    arrive(intendedAt) {
      const next = waiting.shift();
      if (next !== undefined) {
        next(intendedAt);
        return;
      }
      if (live.size >= mostSessions) {
        counts.error(`more than ${mostSessions} sessions that ask nothing`, module);
        missing(intendedAt);
        return;
      }
      owed.push(intendedAt);
      beginning = intendedAt;
      void run().then((asked) => {
        // Its arrival would wait for ever.
        if (!asked && owed.length > 0 && !isOver()) missing(owed.shift() ?? intendedAt);
      });
      beginning = undefined;
    },
    useUser(isWanted, leave) {
      const user = async (): Promise<void> => {
        while (isWanted() && !isOver()) {
          const began = performance.now();
          if (await run()) continue;
          missing(began);
          await wait(pauseMs);
        }
        leave();
      };
      void user();
    },
    startJudging() {
      byRate = isOpen;
      counts.reset();
      if (!byRate) for (const send of waiting.splice(0)) send(performance.now());
    },
    finish() {
      if (isOver()) return;
      for (const intendedAt of owed.splice(0)) {
        counts.error("the visit had not asked anything when the run ended", module);
        missing(intendedAt);
      }
      ended.abort();
      waiting.length = 0;
      for (const timer of timers) clearTimeout(timer);
    },
    facts: counts.facts,
    close() {
      isClosed = true;
      ended.abort();
      for (const timer of timers) clearTimeout(timer);
      process.off("unhandledRejection", onStray).off("uncaughtException", onStray);
    },
  };
}

interface AskedRequest {
  readonly base: RequestBase;
  readonly cookies: ReturnType<typeof createCookieJar>;
  readonly method: string;
  readonly path: string;
  readonly wanted: VisitRequest;
}

const noValues: Values = { value: () => undefined, random: () => 0, count: () => 0, nowMs: () => 0 };

/** Headers of the scenario file are templates there too: one value for each session. */
function fixedHeaders(
  { scenario }: LoadPlan,
  { random, mine, row }: { readonly random: () => number; readonly mine: number; readonly row: ReadonlyMap<string, string> },
): RequestBase["headers"] {
  const values: Values = {
    value: (name) => row.get(name) ?? scenario.variables[name],
    random,
    count: () => mine,
    nowMs: Date.now,
  };
  return scenario.headers.map(({ name, value }) => ({ name, value: compileTemplate(value).render(values) }));
}
