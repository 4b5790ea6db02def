import type { Answer } from "../http/answer.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import type { LoadError } from "../result/load-result.ts";
import type { PlannedRequest, Session } from "../scenario/session.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import { createRequestIds, type RequestId } from "./request-ids.ts";
import type { Ended, TrafficRecorder } from "./traffic-recorder.ts";
import type { SocketExchange, WebSockets } from "./web-sockets.ts";

/**
 * The requests that are on their way. A turn lasts from the moment its request is due until the answer has been counted, and over
 * HTTP/1.1 the same object then serves another request: after `goOn` and after `onFailure` no connection holds it any more. One for
 * each of a hundred thousand requests a second would have to be collected again. The streams of HTTP/2 and the timers of WebSockets
 * tell by the object whether a late event is still meant for it, so theirs are used once.
 */
export interface Turns {
  readonly inFlight: number;
  ask(session: Session, request: PlannedRequest, intendedAt: number, whenOver: WhenOver): void;
  /** What is asked from now on counts here, in ms since `startedAt`. */
  countWith(recorder: TrafficRecorder, startedAt: number): void;
}

/** `at` is when the request ended; no session when it failed. */
export type WhenOver = (session: Session | undefined, at: number) => void;

export interface TurnOptions {
  readonly plan: LoadPlan;
  readonly pool: ConnectionPool;
  readonly sockets: WebSockets | undefined;
  /** What is asked first counts here. */
  readonly recorder: TrafficRecorder;
  readonly startedAt: number;
}

const mostSpare = 4096;
const nothing = Buffer.alloc(0);

export function createTurns(options: TurnOptions): Turns {
  const { plan, pool, sockets } = options;
  const desk: Desk = { inFlight: 0, spare: plan.target.protocol === "h2" || sockets !== undefined ? undefined : [], sockets };
  const newRequestId = createRequestIds();
  let { recorder, startedAt } = options;
  let sinceId = 0;

  const idFor = ({ socket }: PlannedRequest): RequestId | undefined => {
    if (plan.requestIdEvery === 0 || (socket !== undefined && socket.kind !== "connect")) return undefined;
    if (++sinceId < plan.requestIdEvery) return undefined;
    sinceId = 0;
    return newRequestId();
  };

  return {
    get inFlight() {
      return desk.inFlight;
    },
    countWith(next, from) {
      recorder = next;
      startedAt = from;
    },
    ask(session, planned, intendedAt, whenOver) {
      const turn = desk.spare?.pop() ?? new Turn(desk, { planned, session, whenOver, recorder });
      turn.planned = planned;
      turn.session = session;
      turn.whenOver = whenOver;
      turn.recorder = recorder;
      turn.method = planned.writer.method;
      turn.keep = planned.keeps;
      turn.request = planned.index;
      turn.intendedAt = intendedAt;
      turn.intendedMs = intendedAt - startedAt;
      turn.requestId = idFor(planned);
      turn.payload = payloadOf(planned, session, turn.requestId?.headers);
      turn.retried = false;
      turn.queued = true;
      turn.sentAt = 0;
      turn.status = 0;
      turn.bytesIn = 0;
      turn.error = undefined;
      desk.inFlight++;
      recorder.asked(planned.index);
      if ((planned.socket === undefined ? pool : (sockets ?? pool)).send(turn)) turn.queued = false;
      recorder.started();
    },
  };
}

/** What all turns of a thread share. */
interface Desk {
  inFlight: number;
  /** Turns that are to be used again; undefined where each is used once. */
  readonly spare: Turn[] | undefined;
  readonly sockets: WebSockets | undefined;
}

/** What the connection needs of a request and, once it has ended, the row that is counted. */
class Turn implements SocketExchange, Ended {
  retried = false;
  queued = false;
  sentAt = 0;
  latencyUs = 0;
  serviceUs = 0;
  status = 0;
  bytesIn = 0;
  error: LoadError | undefined = undefined;
  endedAt = 0;
  method = "GET";
  payload: Buffer | string = nothing;
  keep = false;
  request = 0;
  intendedAt = 0;
  intendedMs = 0;
  requestId: RequestId | undefined = undefined;
  planned: PlannedRequest;
  session: Session;
  whenOver: WhenOver;
  recorder: TrafficRecorder;
  readonly #desk: Desk;

  constructor(desk: Desk, { planned, session, whenOver, recorder }: Pick<Turn, "planned" | "session" | "whenOver" | "recorder">) {
    this.#desk = desk;
    this.planned = planned;
    this.session = session;
    this.whenOver = whenOver;
    this.recorder = recorder;
  }

  get bytesOut(): number {
    return this.payload.length;
  }

  onAnswer(answer: Answer, at: number): void {
    this.error = this.session.answered(this.planned, answer);
    this.status = answer.status;
    this.bytesIn = answer.bodyBytes;
    this.#ended(at);
  }

  goOn(): void {
    const { sockets } = this.#desk;
    const { session, error, endedAt, whenOver } = this;
    if (sockets !== undefined && (error !== undefined || session.next() === undefined)) sockets.leave(session);
    this.#release();
    // What follows a wrong answer would be asked with values that are not there.
    whenOver(error === undefined ? session : undefined, endedAt);
  }

  onFailure(error: LoadError, detail: string, at: number): void {
    const { session, whenOver } = this;
    this.error = error;
    session.failed?.(error, detail);
    this.#desk.sockets?.leave(session);
    this.#ended(at);
    this.#release();
    whenOver(undefined, at);
  }

  #ended(at: number): void {
    this.#desk.inFlight--;
    this.endedAt = at;
    const from = this.queued || this.sentAt === 0 ? this.intendedAt : this.sentAt;
    this.latencyUs = Math.max(0, (at - from) * 1000);
    this.serviceUs = this.sentAt === 0 ? 0 : Math.max(0, (at - this.sentAt) * 1000);
    this.recorder.ended(this);
  }

  #release(): void {
    const { spare } = this.#desk;
    if (spare === undefined || spare.length >= mostSpare) return;
    this.payload = nothing;
    this.requestId = undefined;
    spare.push(this);
  }
}

function payloadOf({ writer }: PlannedRequest, session: Session, idHeaders: string | undefined): Buffer | string {
  const cookie = session.cookieHeader();
  if (writer.fixed !== undefined && cookie === "" && idHeaders === undefined) return writer.fixed;
  return writer.write(session.values, idHeaders === undefined ? cookie : cookie + idHeaders);
}
