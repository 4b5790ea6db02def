import { performance } from "node:perf_hooks";
import type { Header } from "@dojang/model";
import { corsHeaders } from "../admin/cross-origin.ts";
import type { ServeEvent, Timing } from "../journal/serve-event.ts";
import type { SubEvent } from "../matching/matcher.ts";
import type { Call, Reply } from "./call.ts";
import { compressed, mayCompress } from "./compress-answer.ts";
import type { Answer } from "./exchange.ts";
import type { World } from "./mock-world.ts";
import { dribbleChunks, wait } from "./response-delay.ts";

/**
 * Puts a reply into the journal, waits as long as it says, and sends it. The entry is there before the client has its answer, so
 * that a test which was answered finds it. Returns a promise only where something has to be waited for.
 */
export function deliver(world: World, call: Call, reply: Reply): Promise<void> | undefined {
  const timing = newTiming(call, reply.delayMs);
  const event = eventOf(call, reply, timing);
  world.journal.add(event);
  if (reply.delayMs > 0 || reply.dribble !== undefined) return deliverSlowly(world, call, reply, event, timing);
  const sendStartedMs = performance.now();
  const sent = send(world, call, reply);
  if (sent === undefined) {
    complete(world, event, timing, sendStartedMs);
    return undefined;
  }
  return sent.then(() => complete(world, event, timing, sendStartedMs));
}

async function deliverSlowly(world: World, call: Call, reply: Reply, event: ServeEvent, timing: MutableTiming): Promise<void> {
  const { signal } = call.exchange;
  if (reply.delayMs > 0) await wait(reply.delayMs, signal);
  const sendStartedMs = performance.now();
  if (reply.dribble !== undefined && reply.fault === undefined && reply.answer.body.length > 0)
    await sendInPieces(world, call, reply, reply.dribble);
  else await send(world, call, reply);
  complete(world, event, timing, sendStartedMs);
}

function send(world: World, call: Call, reply: Reply): Promise<void> | undefined {
  if (reply.fault !== undefined) {
    call.exchange.fail(reply.fault, headersOfFault(world, call));
    return undefined;
  }
  return call.exchange.send(onTheWire(world, call, reply.answer));
}

/** What an answer would have had; only a malformed one has a head that shows them. */
function headersOfFault({ options }: World, call: Call): readonly Header[] {
  const coding =
    options.gzip !== false && mayCompress(call.exchange, call.request.path) ? [{ name: "Content-Encoding", value: "gzip" }] : [];
  return options.stubCors === true ? [...corsHeaders(call.request), ...coding] : coding;
}

async function sendInPieces(world: World, call: Call, reply: Reply, dribble: NonNullable<Reply["dribble"]>): Promise<void> {
  const { exchange } = call;
  const answer = onTheWire(world, call, reply.answer);
  const chunks = dribbleChunks(answer.body, dribble.numberOfChunks);
  const pauseMs = Math.floor(dribble.totalDuration / chunks.length);
  const length: readonly Header[] = answer.addLength ? [{ name: "Content-Length", value: String(answer.body.length) }] : noHeaders;
  await wait(pauseMs, exchange.signal);
  const stream = exchange.begin({ ...answer, headers: [...answer.headers, ...length] });
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0) await wait(pauseMs, exchange.signal);
    if (exchange.gone) return;
    await stream.write(chunk);
  }
  stream.end();
}

/** The answer with what concerns this client: CORS and compression. An answer that needs neither is sent as it was prepared. */
export function onTheWire(world: World, call: Call, prepared: Answer, { compress = true } = {}): Answer {
  const { options } = world;
  const answer = prepared.severalTypes === true ? withLastType(prepared) : prepared;
  const small = compress && options.gzip !== false && mayCompress(call.exchange, call.request.path) ? compressedOnce(answer) : answer;
  if (options.stubCors !== true) return small;
  const { cache: _made, ...rest } = small;
  return { ...rest, headers: [...corsHeaders(call.request), ...small.headers] };
}

/** An answer has one type. Of several WireMock journals all and sends the last. */
function withLastType(answer: Answer): Answer {
  const { cache: _ofAll, ...rest } = answer;
  const isType = ({ name }: Header) => name.toLowerCase() === "content-type";
  const last = answer.headers.findLast(isType);
  return { ...rest, headers: answer.headers.filter((header) => header === last || !isType(header)) };
}

function compressedOnce(answer: Answer): Answer {
  if (answer.cache === undefined) return compressed(answer);
  const known = compressedAnswers.get(answer);
  if (known !== undefined) return known;
  const made = compressed(answer);
  compressedAnswers.set(answer, made);
  return made;
}

/** Whoever waits for the whole of it is told: the `onServed` of the options, and the listeners of the stub. */
export function complete(world: World, event: ServeEvent, timing: MutableTiming, sendStartedMs: number): void {
  timing.responseSendTime = Math.round(performance.now() - sendStartedMs);
  timing.serveTime = timing.processTime + timing.responseSendTime;
  timing.totalTime = timing.serveTime + timing.addedDelay;
  world.options.onServed?.(event);
  if (event.stub?.serveEventListeners !== undefined) world.webhooks.serve(event);
}

export type MutableTiming = { -readonly [Field in keyof Timing]: Timing[Field] };

export function newTiming(call: Call, addedDelay: number): MutableTiming {
  const processTime = Math.round(performance.now() - call.exchange.startedAtMs);
  return { addedDelay, processTime, responseSendTime: 0, serveTime: processTime, totalTime: processTime + addedDelay };
}

export function eventOf(call: Call, reply: Reply, timing: Timing): ServeEvent {
  const { answer } = reply;
  const { request } = call;
  return {
    id: request.id,
    request,
    stub: reply.stub,
    answeredBy: reply.answeredBy,
    responseDefinition: reply.definition,
    response: {
      status: answer.status,
      ...(answer.statusMessage === undefined ? undefined : { statusMessage: answer.statusMessage }),
      headers: answer.headers,
      body: answer.body,
      ...(reply.fault === undefined ? undefined : { fault: reply.fault }),
    },
    timing,
    subEvents: call.subEvents.length === 0 ? noSubEvents : call.subEvents,
    violations: call.violations,
  };
}

const noHeaders: readonly Header[] = [];
const noSubEvents: readonly SubEvent[] = [];
const compressedAnswers = new WeakMap<Answer, Answer>();
