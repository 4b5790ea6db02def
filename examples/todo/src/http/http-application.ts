import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from "fastify";
import type { Logger } from "../telemetry/logger.ts";
import { continueTrace, runInTrace, type TraceContext } from "../telemetry/trace-context.ts";
import { Refusal } from "./refusal.ts";

declare module "fastify" {
  interface FastifyRequest {
    trace: TraceContext;
  }
}

const bodyLimitBytes = 64 * 1024;
const quietPaths = new Set(["/health", "/ready"]);

/** What every HTTP service of the system has: the request's trace, one log line per request, errors as JSON. */
export function createHttpApplication(logger: Logger): FastifyInstance {
  // The cast only drops pino's custom-level type parameter, which Fastify does not know.
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
  });
  app.decorateRequest("trace", null as unknown as TraceContext);
  app.addHook("onRequest", (request, reply, done) => {
    request.trace = continueTrace(request.headers.traceparent as string | undefined);
    reply.header("x-request-id", request.trace.traceId);
    runInTrace(request.trace, done);
  });
  app.addHook("onResponse", async (request, reply) => {
    const { method, url, trace } = request;
    const level = quietPaths.has(url) ? "trace" : "info";
    const fields = { trace_id: trace.traceId, span_id: trace.spanId, method, url, status: reply.statusCode };
    logger[level]({ ...fields, durationMs: Math.round(reply.elapsedTime * 10) / 10 }, `${method} ${url} ${reply.statusCode}`);
  });
  app.setErrorHandler<FastifyError | Refusal>((error, request, reply) => {
    if (error instanceof Refusal) return reply.status(error.status).send({ error: { code: error.code, message: error.message } });
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.status(status).send({ error: { code: "bad_request", message: error.message } });
    logger.error({ err: error, method: request.method, url: request.url }, `${request.method} ${request.url} failed: ${error.message}`);
    const message = `something went wrong; quote ${request.trace.traceId} when you report it`;
    return reply.status(status).send({ error: { code: "internal", message, traceId: request.trace.traceId } });
  });
  app.setNotFoundHandler((_request, reply) => reply.status(404).send({ error: { code: "not_found", message: "there is nothing here" } }));
  return app;
}
