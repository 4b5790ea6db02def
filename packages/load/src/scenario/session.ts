import type { Answer } from "../http/answer.ts";
import { createRequestWriter, createTextWriter, type RequestWriter } from "../http/request-writer.ts";
import type { LoadTarget } from "../plan/load-plan.ts";
import type { LoadError } from "../result/load-result.ts";
import { type CompiledCapture, compileCapture } from "./capture.ts";
import { type CompiledCheck, compileCheck } from "./check.ts";
import { createCookieJar } from "./cookie-jar.ts";
import { createDataRows } from "./data-rows.ts";
import { type RequestTemplate, requestNames, type Scenario, type SocketStep } from "./scenario.ts";
import type { Values } from "./template.ts";

/** A request of the scenario, ready to be sent again and again. */
export interface PlannedRequest {
  /** Place of its name among those of the scenario. */
  readonly index: number;
  readonly name: string;
  readonly writer: RequestWriter;
  /** Whether head and body of its answers are needed. */
  readonly keeps: boolean;
  readonly thinkMs: readonly [number, number] | undefined;
  readonly captures: readonly CompiledCapture[];
  readonly checks: readonly CompiledCheck[];
  /** Of a WebSocket: its writer makes the handshake, or the text that is sent. */
  readonly socket?: SocketStep;
}

/** One visitor: goes through a flow, remembers cookies and captured values. */
export interface Session {
  readonly values: Values;
  /** The next request; undefined when the flow is over. */
  next(): PlannedRequest | undefined;
  /** Whether it has a state that its next request needs. */
  readonly lasts: boolean;
  /** How long it thinks before `next`, ms. */
  thinkMs(): number;
  /** `Cookie: ...` of what servers set, or nothing. */
  cookieHeader(): string;
  /** Takes from the answer what later requests need; says what is wrong with it. */
  answered(request: PlannedRequest, answer: Answer): LoadError | undefined;
  /** No answer came. */
  failed?(error: LoadError, detail: string): void;
}

export interface Sessions {
  /** Of requests, each once. */
  readonly names: readonly string[];
  begin(): Session;
}

export interface SessionOptions {
  readonly target: LoadTarget;
  readonly share: { readonly thread: number; readonly of: number };
  readonly random: () => number;
}

interface PlannedFlow {
  readonly upTo: number;
  readonly requests: readonly PlannedRequest[];
  readonly remembers: boolean;
  /** Of a flow of one request that takes nothing from its answers: one session serves all. It is never over. */
  readonly visitor: Session | undefined;
}

export function createSessions(scenario: Scenario, { target, share, random }: SessionOptions): Sessions {
  const rows = createDataRows(scenario.data, share);
  let counter = share.thread;
  const count = () => {
    counter += share.of;
    return counter - share.of;
  };
  const visitorOf = (request: PlannedRequest): Session => ({
    values: { value: (name) => scenario.variables[name], random, count, nowMs: Date.now },
    next: () => request,
    lasts: false,
    thinkMs: () => thinkTime(request.thinkMs, random),
    cookieHeader: () => "",
    answered: (_, answer) => judge(request, answer, nothingCaptured),
  });
  const flows = planFlows(scenario, target, visitorOf);
  const total = flows.at(-1)?.upTo ?? 0;

  const only = flows.length === 1 ? flows[0] : undefined;
  const chooseFlow = (): PlannedFlow => {
    if (only !== undefined) return only;
    const at = random() * total;
    const found = flows.find((flow) => at < flow.upTo) ?? flows.at(-1);
    if (found === undefined) throw new RangeError(`scenario ${scenario.name} has no flow`);
    return found;
  };
  return {
    names: requestNames(scenario),
    begin() {
      const flow = chooseFlow();
      if (flow.visitor !== undefined) return flow.visitor;
      const row = scenario.data.length > 0 ? rows.next(random).values : undefined;
      const captured = new Map<string, string>();
      const cookies = createCookieJar();
      let position = 0;
      return {
        values: {
          value: (name) => captured.get(name) ?? row?.get(name) ?? scenario.variables[name],
          random,
          count,
          nowMs: Date.now,
        },
        next: () => flow.requests[position],
        lasts: true,
        thinkMs: () => thinkTime(flow.requests[position]?.thinkMs, random),
        cookieHeader: cookies.header,
        answered(request, answer) {
          position++;
          if (flow.remembers) cookies.take(answer.headText);
          return judge(request, answer, captured);
        },
      };
    },
  };
}

function planFlows(scenario: Scenario, target: LoadTarget, visitorOf: (request: PlannedRequest) => Session): readonly PlannedFlow[] {
  const names = requestNames(scenario);
  let upTo = 0;
  return scenario.flows.map((flow) => {
    const remembers = flow.requests.length > 1 || flow.requests.some((request) => request.socket !== undefined);
    const requests = flow.requests.map((request) =>
      planRequest(request, { scenario, target, index: names.indexOf(request.name), remembers }),
    );
    upTo += flow.weight;
    const [only] = requests;
    const visits = only !== undefined && !remembers && only.captures.length === 0 && scenario.data.length === 0;
    return { upTo, requests, remembers, visitor: visits ? visitorOf(only) : undefined };
  });
}

function planRequest(
  request: RequestTemplate,
  { scenario, target, index, remembers }: { scenario: Scenario; target: LoadTarget; index: number; remembers: boolean },
): PlannedRequest {
  return {
    index,
    name: request.name,
    writer:
      request.socket === undefined || request.socket.kind === "connect"
        ? createRequestWriter(request, { target, headers: scenario.headers })
        : createTextWriter(request.body),
    ...(request.socket === undefined ? {} : { socket: request.socket }),
    keeps: remembers || request.captures.length > 0 || request.checks.some((check) => check.kind !== "status"),
    thinkMs: request.thinkMs,
    captures: request.captures.map(compileCapture),
    checks: request.checks.map(compileCheck),
  };
}

/** Of requests that capture nothing. */
const nothingCaptured = new Map<string, string>();

/** An answer is an error when its checks say so; without a check of the status, from 400 on. */
function judge(request: PlannedRequest, answer: Answer, captured: Map<string, string>): LoadError | undefined {
  let statusChecked = false;
  for (const check of request.checks) {
    if (check.kind === "status") statusChecked = true;
    if (!check.holds(answer)) return check.kind === "status" ? "status" : "check";
  }
  if (!statusChecked && answer.status >= 400) return "status";
  for (const capture of request.captures) {
    const value = capture.take(answer);
    if (value === undefined) return "capture";
    captured.set(capture.as, value);
  }
  return undefined;
}

function thinkTime(between: readonly [number, number] | undefined, random: () => number): number {
  return between === undefined ? 0 : between[0] + (between[1] - between[0]) * random();
}
