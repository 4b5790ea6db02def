import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { createHttpApplication } from "../http/http-application.ts";
import { accepted, Refusal } from "../http/refusal.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Mailbox } from "./mailbox.ts";

const outgoingMessage = z.object({ to: z.email(), subject: z.string().min(1).max(300), text: z.string().max(10_000) });
const refusalsOfFlakyDomain = 2;
const remembered = 10_000;

/**
 * Stands in for the mail system outside: takes mails over HTTP and lists what came.
 * Mail to `@flaky.example` is refused twice with 503 before it is taken, so that retries can be seen.
 */
export function createMailApplication(logger: Logger): FastifyInstance {
  const app = createHttpApplication(logger);
  const mailbox = new Mailbox();
  const refusals = new Map<string, number>();

  app.post("/messages", async (request, reply) => {
    const { to, subject, text } = accepted(outgoingMessage, request.body);
    const refused = refusals.get(to) ?? 0;
    if (to.endsWith("@flaky.example") && refused < refusalsOfFlakyDomain && refusals.size < remembered) {
      refusals.set(to, refused + 1);
      throw new Refusal(503, "try_again", `the mail system is busy (${refused + 1} of ${refusalsOfFlakyDomain})`);
    }
    const traceparent = request.headers.traceparent as string | undefined;
    const message = { id: randomUUID(), to, subject, text, traceparent, receivedAt: new Date().toISOString() };
    const outcome = mailbox.accept(message, request.headers["idempotency-key"] as string | undefined);
    logger.info({ to, subject, repeated: outcome.repeated }, "mail received");
    return reply.status(202).send({ id: outcome.message.id });
  });

  app.get("/messages", async (request) => {
    const { to } = accepted(z.object({ to: z.string().optional() }), request.query);
    return { messages: mailbox.list(to) };
  });

  app.get("/health", async () => ({ status: "ok" }));
  return app;
}
