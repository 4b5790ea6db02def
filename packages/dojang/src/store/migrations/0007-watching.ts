import type { Migration } from "../migrate.ts";

/**
 * What is known of sites that live. Single results are kept for days; hours of them for as long as the status page tells. Of each
 * subject of a site one alert is open at most; what is to be told to whom is written with the alert, and sent afterwards.
 */
export const watching: Migration = {
  number: 7,
  name: "watching",
  sql: `
create table probe_result (
  site text not null references site (id) on delete cascade,
  probe text not null,
  at double precision not null,
  ok boolean not null,
  status integer,
  duration_ms double precision not null,
  error text,
  primary key (site, probe, at)
);
create index probe_result_old on probe_result using brin (at);

create table probe_hour (
  site text not null references site (id) on delete cascade,
  probe text not null,
  hour double precision not null,
  total integer not null,
  failed integer not null,
  primary key (site, probe, hour)
);

create table alert (
  id text primary key,
  site text not null references site (id) on delete cascade,
  kind text not null,
  subject text not null,
  message text not null,
  raised_at double precision not null,
  seen_at double precision not null,
  resolved_at double precision
);
create unique index alert_one_open on alert (site, kind, subject) where resolved_at is null;
create index alert_recent on alert (site, raised_at desc);

create table alert_notice (
  alert text not null references alert (id) on delete cascade,
  event text not null check (event in ('raised', 'resolved')),
  target text not null,
  state text not null default 'pending' check (state in ('pending', 'sent', 'failed')),
  attempts integer not null default 0,
  next_at double precision not null,
  error text,
  sent_at double precision,
  primary key (alert, event, target)
);
create index alert_notice_due on alert_notice (next_at) where state = 'pending';
`,
};
