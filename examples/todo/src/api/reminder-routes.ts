import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { accepted, Refusal } from "../http/refusal.ts";
import { formatTraceparent } from "../telemetry/trace-context.ts";
import type { ApiContext } from "./api-context.ts";
import { itemAddress, noSuchItem } from "./list-address.ts";

const wantedReminder = z.object({
  email: z.string().trim().pipe(z.email("is not a mail address").max(254)),
  at: z.iso.datetime({ offset: true, error: "is not a time like 2030-01-31T09:00:00Z" }).transform((text) => new Date(text)),
});
const graceMs = 60_000;
const farthestMs = 366 * 86_400_000;

export function registerReminderRoutes(app: FastifyInstance, context: ApiContext): void {
  const { reminders, queue, cache, database } = context;

  app.put("/lists/:listId/items/:itemId/reminder", async (request, reply) => {
    const target = itemAddress(request.params);
    const { email, at } = accepted(wantedReminder, request.body);
    const inMs = at.getTime() - context.now().getTime();
    if (inMs < -graceMs) throw new Refusal(400, "invalid_at", "at: is in the past");
    if (inMs > farthestMs) throw new Refusal(400, "invalid_at", "at: is more than a year away");
    const reminder = { id: randomUUID(), email, dueAt: at, traceparent: formatTraceparent(request.trace) };
    if (!(await database.transaction((session) => reminders.put(session, target, reminder)))) throw noSuchItem();
    const queued = await queue.put({ reminderId: reminder.id, traceparent: reminder.traceparent }, at);
    request.log.info({ reminder: reminder.id, at, queued }, queued ? "reminder queued" : "reminder left to the sweep");
    await cache.forget(target.listId);
    return reply.status(202).send({ id: reminder.id, at: at.toISOString(), state: "waiting" });
  });

  app.delete("/lists/:listId/items/:itemId/reminder", async (request, reply) => {
    const target = itemAddress(request.params);
    await reminders.remove(target);
    await cache.forget(target.listId);
    return reply.status(204).send();
  });
}
