-- The outbox of reminders: the truth about what must be sent. Redis only says sooner that something is due.
create table reminder (
  id uuid primary key,
  item_id uuid not null unique references item on delete cascade,
  email text not null,
  due_at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'sent', 'refused')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  lease_until timestamptz,
  -- W3C Trace Context of the request that asked for the reminder.
  traceparent text not null,
  last_error text,
  created_at timestamptz not null default now()
);
create index reminder_open on reminder (next_attempt_at) where state in ('waiting', 'sending');
