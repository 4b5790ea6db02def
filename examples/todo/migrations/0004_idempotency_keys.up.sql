-- Answers already given to requests with an Idempotency-Key, written in the transaction that did the work.
create table idempotency_key (
  key text not null,
  route text not null,
  fingerprint text not null,
  status integer,
  body jsonb,
  created_at timestamptz not null default now(),
  primary key (route, key)
);
create index idempotency_key_age on idempotency_key (created_at);
