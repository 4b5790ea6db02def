import type { Database, Session } from "../database/database.ts";
import type { ClaimedReminder, Reminder } from "./reminder.ts";

/** The outbox in PostgreSQL. A reminder is claimed with a lease: a worker that dies loses it to the next one. */
export interface ReminderStore {
  /** Replaces the item's reminder. False when the list has no such item. */
  put(session: Session, target: { listId: string; itemId: string }, reminder: Reminder): Promise<boolean>;
  remove(target: { listId: string; itemId: string }): Promise<void>;
  /** Undefined when it is not due, was sent, or is in another worker's hand. */
  claim(id: string, now: Date): Promise<ClaimedReminder | undefined>;
  claimDue(now: Date, limit: number): Promise<ClaimedReminder[]>;
  markSent(id: string): Promise<void>;
  markRefused(id: string, reason: string): Promise<void>;
  putBack(id: string, nextAttemptAt: Date, reason: string): Promise<void>;
}

interface ReminderRow {
  readonly id: string;
  readonly email: string;
  readonly due_at: Date;
  readonly traceparent: string;
  readonly attempts: number;
  readonly list_id: string;
  readonly list_title: string;
  readonly item_title: string;
}

const leaseSeconds = 30;

/** $1: now. What may be taken: waiting and due, or left behind by a worker whose lease ran out. */
const claimable = `((r.state = 'waiting' and r.next_attempt_at <= $1) or (r.state = 'sending' and r.lease_until <= $1))`;

const claimStatement = (selection: string) => `
  with claimed as (
    update reminder set state = 'sending', attempts = attempts + 1, lease_until = $1::timestamptz + interval '${leaseSeconds} seconds'
    where id in (select r.id from reminder r where ${claimable} ${selection} for update skip locked)
    returning *
  )
  select r.id, r.email, r.due_at, r.traceparent, r.attempts, l.id as list_id, l.title as list_title, i.title as item_title
  from claimed r join item i on i.id = r.item_id join list l on l.id = i.list_id
  order by r.next_attempt_at`;

const claimOne = claimStatement("and r.id = $2");
const claimMany = claimStatement("order by r.next_attempt_at limit $2");

export function createReminderStore(database: Database): ReminderStore {
  return {
    put: async (session, { listId, itemId }, reminder) => {
      const rows = await session.query(
        `insert into reminder (id, item_id, email, due_at, next_attempt_at, traceparent)
         select $1, i.id, $4, $5, $5, $6 from item i where i.list_id = $2 and i.id = $3
         on conflict (item_id) do update set id = excluded.id, email = excluded.email, due_at = excluded.due_at,
           next_attempt_at = excluded.next_attempt_at, traceparent = excluded.traceparent,
           state = 'waiting', attempts = 0, lease_until = null, last_error = null
         returning id`,
        [reminder.id, listId, itemId, reminder.email, reminder.dueAt, reminder.traceparent],
      );
      return rows.length > 0;
    },
    remove: async ({ listId, itemId }) => {
      await database.query("delete from reminder r using item i where i.id = r.item_id and i.list_id = $1 and i.id = $2", [listId, itemId]);
    },
    claim: async (id, now) => (await database.query<ReminderRow>(claimOne, [now, id])).map(toClaimed)[0],
    claimDue: async (now, limit) => (await database.query<ReminderRow>(claimMany, [now, limit])).map(toClaimed),
    markSent: async (id) => {
      await database.query("update reminder set state = 'sent', lease_until = null, last_error = null where id = $1", [id]);
    },
    markRefused: async (id, reason) => {
      await database.query("update reminder set state = 'refused', lease_until = null, last_error = $2 where id = $1", [id, reason]);
    },
    putBack: async (id, nextAttemptAt, reason) => {
      await database.query(
        "update reminder set state = 'waiting', lease_until = null, next_attempt_at = $2, last_error = $3 where id = $1 and state = 'sending'",
        [id, nextAttemptAt, reason],
      );
    },
  };
}

function toClaimed(row: ReminderRow): ClaimedReminder {
  const { id, email, traceparent, attempts } = row;
  return { id, email, traceparent, attempts, dueAt: row.due_at, listId: row.list_id, listTitle: row.list_title, itemTitle: row.item_title };
}
