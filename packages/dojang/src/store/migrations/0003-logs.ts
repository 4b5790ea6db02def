import type { Migration } from "../migrate.ts";

/**
 * Log records in daily partitions (UTC), named log_record_YYYYMMDD and made on demand by `ensure_log_day`. Environment and
 * service are a number of log_source, so that a record costs its text and 40 bytes. Archived records are zstd blocks of
 * up to a few thousand, found by source and time, or by request id through log_block_request.
 */
export const logs: Migration = {
  number: 3,
  name: "logs",
  sql: `
create table log_source (
  id integer generated always as identity primary key,
  environment text not null,
  service text not null,
  run text,
  created_at double precision not null default now_ms(),
  unique (environment, service)
);
create index log_source_of_run on log_source (run);

create table log_record (
  source integer not null,
  sequence bigint not null,
  at double precision not null,
  stream smallint not null,
  level smallint,
  request_id uuid,
  text text not null
) partition by range (at);
create unique index log_record_order on log_record (source, sequence, at);
create index log_record_request on log_record (request_id) where request_id is not null;
create index log_record_time on log_record using brin (at) with (pages_per_range = 32, autosummarize = on);

create table log_block (
  id bigint generated always as identity primary key,
  source integer not null references log_source (id) on delete cascade,
  from_sequence bigint not null,
  to_sequence bigint not null,
  from_at double precision not null,
  to_at double precision not null,
  records integer not null,
  data bytea not null
);
alter table log_block alter column data set storage external;
create index log_block_order on log_block (source, from_sequence);
create index log_block_time on log_block (to_at);

create table log_block_request (
  request_id uuid not null,
  block bigint not null references log_block (id) on delete cascade,
  primary key (request_id, block)
);
create index log_block_request_of_block on log_block_request (block);

-- p_day counts days since the Unix epoch. Two processes may ask at once.
create function ensure_log_day(p_day integer) returns void language plpgsql as $$
declare
  partition text := 'log_record_' || to_char(to_timestamp(p_day::double precision * 86400) at time zone 'UTC', 'YYYYMMDD');
begin
  if to_regclass('dojang.' || partition) is not null then return; end if;
  perform pg_advisory_xact_lock(hashtext('dojang log day'));
  execute format('create table if not exists dojang.%I partition of dojang.log_record for values from (%s) to (%s)',
    partition, p_day::bigint * 86400000, (p_day::bigint + 1) * 86400000);
end $$;
`,
};
