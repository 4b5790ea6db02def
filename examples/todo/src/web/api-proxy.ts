import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refusal } from "../http/refusal.ts";
import { retry } from "../resilience/retry.ts";
import type { Logger } from "../telemetry/logger.ts";
import { traceHeaders } from "../telemetry/trace-context.ts";

const requestHeaders = ["accept", "accept-language", "authorization", "content-type", "cookie", "idempotency-key"];
const responseHeaders = ["content-type", "cache-control", "x-cache", "idempotent-replay"];
const timeoutMs = 30_000;
const safeMethods = new Set(["GET", "HEAD", "PUT", "DELETE"]);

/** `/api/lists` of the page becomes `/lists` of the API. */
export function registerApiProxy(app: FastifyInstance, options: { apiUrl: string; logger: Logger }): void {
  app.register(
    async (proxied) => {
      proxied.removeAllContentTypeParsers();
      proxied.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
      proxied.all("/*", async (request, reply) => {
        const answer = await forward(request, options);
        for (const name of responseHeaders) {
          const value = answer.headers.get(name);
          if (value !== null) reply.header(name, value);
        }
        for (const cookie of answer.headers.getSetCookie()) reply.header("set-cookie", cookie);
        return reply.status(answer.status).send(Buffer.from(await answer.arrayBuffer()));
      });
    },
    { prefix: "/api" },
  );
}

async function forward(request: FastifyRequest, { apiUrl, logger }: { apiUrl: string; logger: Logger }): Promise<Response> {
  const headers: Record<string, string> = { ...traceHeaders(), "x-forwarded-for": request.ip };
  for (const name of requestHeaders) {
    const value = request.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  const target = `${apiUrl}${request.url.slice("/api".length)}`;
  const { method } = request;
  const body = Buffer.isBuffer(request.body) ? request.body : undefined;
  const repeatable = safeMethods.has(method) || headers["idempotency-key"] !== undefined;
  try {
    return await retry(() => fetch(target, { method, headers, body, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) }), {
      attempts: 6,
      firstDelayMs: 50,
      longestDelayMs: 1_000,
      isWorthRetrying: (error) => neverArrived(error) || (repeatable && wasCutOff(error)),
      onRetry: (error, attempt) => logger.warn({ err: error, attempt, method, target }, "the api was not reachable, trying again"),
    });
  } catch (error) {
    logger.error({ err: error, method, target }, `the api did not answer ${method} ${target}`);
    throw new Refusal(502, "api_unreachable", "the service is not reachable at the moment, please try again");
  }
}

/** No connection was made: nothing of the request can have been seen. */
function neverArrived(error: unknown): boolean {
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"].includes(causeCode(error));
}

function wasCutOff(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(causeCode(error));
}

/** fetch throws a TypeError and keeps the system's error in `cause`. */
function causeCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof AggregateError) return causeCode(new Error("", { cause: cause.errors[0] }));
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
