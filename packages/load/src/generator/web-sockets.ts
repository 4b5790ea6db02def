import { STATUS_CODES } from "node:http";
import { type RawData, WebSocket } from "ws";
import type { Answer } from "../http/answer.ts";
import { hostHeader } from "../http/request-writer.ts";
import type { LoadTarget } from "../plan/load-plan.ts";
import type { LoadError } from "../result/load-result.ts";
import type { PlannedRequest, Session } from "../scenario/session.ts";
import { type Exchange, errorOf } from "./connection.ts";

/**
 * The WebSockets of one thread: each belongs to a session, from its handshake until its last message, or until something in the
 * session failed. What is asked of one is an exchange like those of HTTP:
 *
 *   connect   until the server has agreed; what it answers instead is the answer, with its status
 *   message   until the message that is waited for has come (others are passed over), or at once until the text is with the system
 *   close     until the server has closed too
 *
 * A session that waits for nothing keeps what comes meanwhile, so that a later wait finds it. Status 101 stands for all that worked.
 */
export interface WebSockets {
  /** True when it was sent at once; else it waits for one of the others to be closed. */
  send(exchange: SocketExchange): boolean;
  /** Closes that of a session; nothing when it has none. */
  leave(session: Session): void;
  readonly open: number;
  readonly waiting: number;
  readonly peak: number;
  /** Fails what takes longer than the limit; called now and then. */
  expire(now: number): void;
  /** Everything that is open fails with `error`. Safe twice. */
  close(error: LoadError): void;
}

export interface SocketExchange extends Exchange {
  readonly planned: PlannedRequest;
  readonly session: Session;
}

const largestMessageBytes = 16 * 1024 * 1024;
const kept = { messages: 1_000, bytes: 1024 * 1024 };
/** For the server's part of closing, when nobody measures it. */
const closingMs = 2_000;
const switched = 101;

export function createWebSockets({
  target,
  max,
  timeoutMs,
}: {
  readonly target: LoadTarget;
  readonly max: number;
  readonly timeoutMs: number;
}): WebSockets {
  const bySession = new Map<Session, OpenSocket>();
  const all = new Set<OpenSocket>();
  const queue: { readonly exchange: SocketExchange; readonly since: number }[] = [];
  let peak = 0;
  let closed = false;

  const connect = (exchange: SocketExchange): void => {
    // A flow may open one after the other.
    bySession.get(exchange.session)?.leave();
    const socket = new OpenSocket(target, exchange, {
      onEnded(each) {
        all.delete(each);
        if (bySession.get(exchange.session) === each) bySession.delete(exchange.session);
        const next = closed ? undefined : queue.shift();
        if (next !== undefined) connect(next.exchange);
      },
    });
    all.add(socket);
    bySession.set(exchange.session, socket);
    peak = Math.max(peak, all.size);
  };

  return {
    send(exchange) {
      if (exchange.planned.socket?.kind === "connect") {
        if (all.size < max) {
          connect(exchange);
          return true;
        }
        queue.push({ exchange, since: performance.now() });
        return false;
      }
      const socket = bySession.get(exchange.session);
      if (socket !== undefined) socket.send(exchange);
      // Not within the call: who asks is not ready for the end yet.
      else setImmediate(() => exchange.onFailure("closed", "the server has closed the WebSocket", performance.now()));
      return true;
    },
    leave(session) {
      const socket = bySession.get(session);
      if (socket === undefined) return;
      bySession.delete(session);
      socket.leave();
    },
    get open() {
      return all.size;
    },
    get waiting() {
      return queue.length;
    },
    get peak() {
      return peak;
    },
    expire(now) {
      for (const socket of [...all]) socket.expire(now, timeoutMs);
      for (let [oldest] = queue; oldest !== undefined && now - oldest.since > timeoutMs; [oldest] = queue) {
        queue.shift();
        oldest.exchange.onFailure("timeout", `no free connection within ${timeoutMs} ms`, now);
      }
    },
    close(error) {
      closed = true;
      for (const { exchange } of queue.splice(0)) exchange.onFailure(error, "the run was over", performance.now());
      for (const socket of [...all]) socket.abort(error, "the run was over");
    },
  };
}

class OpenSocket {
  readonly #socket: WebSocket;
  readonly #onEnded: (socket: OpenSocket) => void;
  #exchange: SocketExchange | undefined;
  #headText = "";
  #backlog: Buffer[] = [];
  #backlogBytes = 0;
  #failure: { readonly error: LoadError; readonly detail: string } | undefined;
  #closing: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(target: LoadTarget, exchange: SocketExchange, { onEnded }: { onEnded(socket: OpenSocket): void }) {
    this.#onEnded = onEnded;
    this.#exchange = exchange;
    const { path, headers } = handshakeOf(exchange.payload);
    const step = exchange.planned.socket;
    exchange.sentAt = performance.now();
    const socket = new WebSocket(addressOf(target, path), step?.kind === "connect" ? [...step.protocols] : [], {
      headers: { Host: hostHeader(target), ...headers },
      perMessageDeflate: false,
      maxPayload: largestMessageBytes,
      rejectUnauthorized: target.tls?.verify ?? true,
      ...(target.tls?.authorityPem === undefined ? {} : { ca: target.tls.authorityPem }),
      ...(target.tls?.serverName === undefined ? {} : { servername: target.tls.serverName }),
    });
    this.#socket = socket;
    socket.on("upgrade", (response) => {
      this.#headText = headText(switched, response.rawHeaders);
    });
    socket.on("open", () => this.#answered(Buffer.alloc(0), this.#headText));
    socket.on("unexpected-response", (request, response) => {
      request.destroy();
      const status = response.statusCode ?? 0;
      this.#answered(Buffer.alloc(0), headText(status, response.rawHeaders), status);
      this.#ended();
    });
    socket.on("message", (data) => this.#onMessage(bytesOf(data)));
    socket.on("error", (error) => {
      this.#failure ??= { error: kindOf(error), detail: error.message };
    });
    socket.on("close", (code) => {
      if (this.#exchange?.planned.socket?.kind === "close" && code !== withoutFrame) this.#answered(Buffer.alloc(0), "");
      this.#ended();
    });
  }

  send(exchange: SocketExchange): void {
    this.#exchange = exchange;
    exchange.sentAt = performance.now();
    const step = exchange.planned.socket;
    if (step?.kind === "close") {
      this.#socket.close(1000);
      return;
    }
    if (step?.kind === "message" && step.sends) {
      // What came before cannot be the answer.
      this.#forget();
      const text = typeof exchange.payload === "string" ? Buffer.from(exchange.payload, "latin1") : exchange.payload;
      this.#socket.send(text, { binary: false }, (error) => {
        if (!error && !step.waits && this.#exchange === exchange) this.#answered(Buffer.alloc(0), "");
      });
      return;
    }
    // Within the call the one who asks is not ready for the answer yet.
    setImmediate(() => {
      while (this.#exchange === exchange && this.#backlog.length > 0) {
        const next = this.#backlog.shift() ?? Buffer.alloc(0);
        this.#backlogBytes -= next.length;
        this.#offer(next);
      }
    });
  }

  /** Nobody needs it any more. */
  leave(): void {
    this.#exchange = undefined;
    if (this.#closing !== undefined || this.#socket.readyState === WebSocket.CLOSED) return;
    this.#closing = setTimeout(() => this.#socket.terminate(), closingMs);
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(1000);
    else this.#socket.terminate();
  }

  expire(now: number, timeoutMs: number): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const step = exchange.planned.socket;
    const limitMs = step?.kind === "message" ? Math.min(timeoutMs, step.withinMs ?? timeoutMs) : timeoutMs;
    if (now - exchange.sentAt <= limitMs) return;
    this.abort("timeout", step?.kind === "message" ? `no such message within ${limitMs} ms` : `no answer within ${limitMs} ms`);
  }

  abort(error: LoadError, detail: string): void {
    this.#failure = { error, detail };
    this.#ended();
    this.#socket.terminate();
  }

  #onMessage(message: Buffer): void {
    if (this.#exchange?.planned.socket?.kind === "message") {
      this.#offer(message);
      return;
    }
    this.#backlog.push(message);
    this.#backlogBytes += message.length;
    while (this.#backlog.length > kept.messages || (this.#backlogBytes > kept.bytes && this.#backlog.length > 1))
      this.#backlogBytes -= this.#backlog.shift()?.length ?? 0;
  }

  /** To the exchange that waits; one that it does not wait for is passed over. */
  #offer(message: Buffer): void {
    const exchange = this.#exchange;
    const step = exchange?.planned.socket;
    if (exchange === undefined || step?.kind !== "message" || !step.waits) return;
    const answer: Answer = { status: switched, bodyBytes: message.length, headText: "", body: message };
    if (exchange.planned.checks.every((check) => check.holds(answer))) this.#answered(message, "");
  }

  #answered(body: Buffer, head: string, status = switched): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#exchange = undefined;
    exchange.onAnswer({ status, bodyBytes: body.length, headText: head, body }, performance.now());
    if (exchange.planned.socket?.ends) this.leave();
    exchange.goOn();
  }

  #forget(): void {
    this.#backlog = [];
    this.#backlogBytes = 0;
  }

  #ended(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#closing);
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#forget();
    // Before the failure is told: who hears of it may open the next one.
    this.#onEnded(this);
    const { error, detail } = this.#failure ?? { error: "closed", detail: "the server closed the WebSocket" };
    exchange?.onFailure(error, detail, performance.now());
  }
}

/** RFC 6455 7.1.5: the code of a connection that ended without a word. */
const withoutFrame = 1006;

function addressOf({ scheme, host, port, socketPath }: LoadTarget, path: string): string {
  if (socketPath !== undefined) return `ws+unix:${socketPath}:${path}`;
  return `${scheme === "https" ? "wss" : "ws"}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}

/** The writer makes an HTTP/1.1 request; of its head the handshake keeps path and headers. */
function handshakeOf(payload: Buffer | string): { readonly path: string; readonly headers: Readonly<Record<string, string>> } {
  const text = typeof payload === "string" ? payload : payload.toString("latin1");
  const [line = "", ...fields] = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
  const headers = fields.map((field) => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon), field.slice(colon + 1).trim()] as const;
  });
  return { path: line.split(" ")[1] ?? "/", headers: Object.fromEntries(headers) };
}

/** As the captures and the cookie jar read it. */
function headText(status: number, rawHeaders: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) text += `\r\n${rawHeaders[index]}: ${rawHeaders[index + 1]}`;
  return text;
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** An error with no code of the system is the library's word that the server does not speak the protocol. */
function kindOf(error: Error): LoadError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return "too-large";
  if (code === "" || code.startsWith("WS_ERR_") || code.startsWith("HPE_")) return "garbage";
  return errorOf(error);
}
