import { setTimeout as delay } from "node:timers/promises";
import type { ListCache } from "../lists/list-cache.ts";
import type { ClaimedReminder } from "../reminders/reminder.ts";
import type { ReminderQueue } from "../reminders/reminder-queue.ts";
import type { ReminderStore } from "../reminders/reminder-store.ts";
import type { Logger } from "../telemetry/logger.ts";
import { continueTrace, runInTrace } from "../telemetry/trace-context.ts";
import type { MailClient } from "./mail-client.ts";

export interface WorkerContext {
  readonly reminders: ReminderStore;
  readonly queue: ReminderQueue;
  readonly cache: Pick<ListCache, "forget">;
  readonly mail: MailClient;
  readonly publicUrl: string;
  readonly sweepMs: number;
  readonly logger: Logger;
  readonly now: () => Date;
}

const pollMs = 100;
const batch = 20;
const attemptLimit = 6;
const firstRetryMs = 500;

/** Takes due reminders from the queue as they come, and from the outbox every `sweepMs`, until aborted. */
export async function workOnReminders(context: WorkerContext, signal: AbortSignal): Promise<void> {
  let nextSweep = 0;
  while (!signal.aborted) {
    try {
      await takeFromQueue(context);
      if (context.now().getTime() >= nextSweep) {
        nextSweep = context.now().getTime() + context.sweepMs;
        await sweep(context);
      }
    } catch (error) {
      context.logger.error({ err: error }, "a round of reminders failed; the outbox keeps them");
    }
    await delay(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

export async function takeFromQueue(context: WorkerContext): Promise<void> {
  const entries = await context.queue.takeDue(context.now(), batch);
  await Promise.all(
    entries.map((entry) =>
      runInTrace(continueTrace(entry.traceparent), async () => {
        const reminder = await context.reminders.claim(entry.reminderId, context.now());
        if (reminder) await deliver(context, reminder);
        else context.logger.debug({ reminder: entry.reminderId }, "reminder is done or in other hands");
      }),
    ),
  );
}

/** What the queue lost, or what a worker that died left behind. */
export async function sweep(context: WorkerContext): Promise<void> {
  const reminders = await context.reminders.claimDue(context.now(), batch);
  await Promise.all(reminders.map((reminder) => runInTrace(continueTrace(reminder.traceparent), () => deliver(context, reminder))));
}

async function deliver(context: WorkerContext, reminder: ClaimedReminder): Promise<void> {
  const { logger, reminders } = context;
  const fields = { reminder: reminder.id, attempt: reminder.attempts };
  const outcome = await context.mail.send(mailFor(reminder, context.publicUrl), reminder.id);
  if (outcome.kind === "sent") {
    await reminders.markSent(reminder.id);
    logger.info(fields, "reminder sent");
  } else if (outcome.kind === "refused" || reminder.attempts >= attemptLimit) {
    await reminders.markRefused(reminder.id, outcome.reason);
    logger.error({ ...fields, reason: outcome.reason }, `reminder given up: the mail system answered ${outcome.reason}`);
  } else {
    const nextAttemptAt = new Date(context.now().getTime() + retryDelayMs(reminder.attempts));
    await reminders.putBack(reminder.id, nextAttemptAt, outcome.reason);
    await context.queue.put({ reminderId: reminder.id, traceparent: reminder.traceparent }, nextAttemptAt);
    logger.warn({ ...fields, reason: outcome.reason, nextAttemptAt }, "reminder not sent, will try again");
  }
  await context.cache.forget(reminder.listId);
}

/** 0.5 s, 1 s, 2 s, ... after the first, second, third attempt. */
export function retryDelayMs(attempts: number): number {
  return firstRetryMs * 2 ** (attempts - 1);
}

export function mailFor(reminder: ClaimedReminder, publicUrl: string) {
  const list = reminder.listTitle === "" ? "your list" : `"${reminder.listTitle}"`;
  return {
    to: reminder.email,
    subject: `Reminder: ${reminder.itemTitle}`,
    text: `You asked to be reminded of "${reminder.itemTitle}" on ${list}.\n\n${publicUrl}/lists/${reminder.listId}\n`,
  };
}
