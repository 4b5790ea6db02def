import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/**
 * One POST by Node's own client: the global fetch gives up after five minutes without headers, and a model that thinks may take longer.
 * Redirects are not followed: the key would go along.
 */
export interface HttpPost {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** There was no whole answer. `delivered`: the request had been sent, so it may be charged. */
export class ExchangeBroken extends Error {
  override readonly name = "ExchangeBroken";
  readonly delivered: boolean;

  constructor(message: string, { delivered, cause }: { readonly delivered: boolean; readonly cause?: unknown }) {
    super(message, { cause });
    this.delivered = delivered;
  }
}

const answerLimitBytes = 16 * 1024 * 1024;

export function httpPost({ url, headers, body, signal }: HttpPost): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let delivered = false;
    const fail = (cause: Error) => {
      outgoing.destroy();
      // Asked to end, which is no fault of the exchange; a limit of time is one.
      const ended = signal.aborted && signal.reason instanceof Error && signal.reason.name !== "TimeoutError";
      reject(ended ? signal.reason : new ExchangeBroken(messageOf(cause), { delivered, cause }));
    };
    const make = url.protocol === "https:" ? requestHttps : requestHttp;
    const outgoing = make(url, {
      method: "POST",
      headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
      signal,
      agent: false,
    });
    outgoing.on("error", fail);
    outgoing.on("finish", () => {
      delivered = true;
    });
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > answerLimitBytes) return fail(new Error(`the answer has more than ${answerLimitBytes} bytes`));
        chunks.push(chunk);
      });
      incoming.on("error", fail);
      incoming.on("close", () => {
        if (!incoming.complete) return fail(new Error("the connection was cut before the answer had ended"));
        const named = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
        resolve({ status: incoming.statusCode ?? 0, headers: Object.fromEntries(named), body: Buffer.concat(chunks).toString("utf8") });
      });
    });
    outgoing.end(body);
  });
}

function messageOf(cause: Error): string {
  if (cause.name === "TimeoutError" || (cause.name === "AbortError" && cause.cause instanceof Error && cause.cause.name === "TimeoutError"))
    return "there was no answer in time";
  // Several addresses of one name that all refuse are one error without a message.
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause;
  return inner instanceof Error ? inner.message : String(inner);
}
