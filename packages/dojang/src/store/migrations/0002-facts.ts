import type { Migration } from "../migrate.ts";

/** What a run leaves behind, except its log. Everything of a run goes with its row; bodies, artifacts and caches are shared and swept. */
export const facts: Migration = {
  number: 2,
  name: "facts",
  sql: `
create table test_attempt (
  sequence bigint generated always as identity,
  run text not null references run (id) on delete cascade,
  job text not null references job (id) on delete cascade,
  job_attempt integer not null,
  id text not null,
  test_id text not null,
  attempt integer not null,
  shard integer not null default 1,
  file text not null,
  title_path jsonb not null,
  project text,
  status text not null check (status in ('passed', 'failed', 'skipped', 'error')),
  started_at double precision,
  duration_ms double precision not null,
  error jsonb,
  output text,
  attachments jsonb not null default '[]',
  primary key (job, job_attempt, id, shard)
);
create index test_attempt_of_run on test_attempt (run, sequence);
create index test_attempt_history on test_attempt (test_id, run);

create table transaction (
  id text primary key,
  run text references run (id) on delete cascade,
  job text references job (id) on delete cascade,
  environment text not null,
  request_id uuid not null,
  test_attempt text,
  lane integer not null,
  kind text not null check (kind in ('http', 'ws', 'sse', 'tunnel')),
  method text not null,
  url text not null,
  status integer,
  request_headers jsonb not null,
  response_headers jsonb not null,
  request_body jsonb,
  response_body jsonb,
  started_at double precision not null,
  first_byte_ms double precision,
  duration_ms double precision not null,
  error text
);
create index transaction_of_run on transaction (run, started_at);
create index transaction_of_job on transaction (job);
create index transaction_of_environment on transaction (environment, started_at);
create index transaction_of_request on transaction (request_id);

create table body (
  hash text primary key,
  encoding text not null check (encoding in ('zstd', 'plain')),
  size_bytes integer not null,
  data bytea not null,
  created_at double precision not null default now_ms()
);
-- zstd output does not shrink any further.
alter table body alter column data set storage external;

create table coverage (
  job text primary key references job (id) on delete cascade,
  run text not null references run (id) on delete cascade,
  files jsonb not null,
  patch jsonb
);
create index coverage_of_run on coverage (run);

create table code_finding (
  sequence bigint generated always as identity primary key,
  run text not null references run (id) on delete cascade,
  job text not null references job (id) on delete cascade,
  tool text not null,
  rule text,
  level text not null check (level in ('error', 'warning', 'note', 'none')),
  message text not null,
  file text,
  line integer,
  "column" integer
);
create index code_finding_of_run on code_finding (run, sequence);
create index code_finding_of_job on code_finding (job);

create table sample (
  environment text not null,
  run text references run (id) on delete cascade,
  service text not null,
  at double precision not null,
  cpu_ms double precision not null,
  memory_bytes double precision not null,
  processes integer not null,
  threads integer not null,
  open_files integer not null,
  primary key (environment, service, at)
);
create index sample_of_run on sample (run);

create table artifact (
  run text not null references run (id) on delete cascade,
  job text references job (id) on delete cascade,
  service text,
  name text not null,
  digest text not null,
  size_bytes bigint not null,
  content_type text,
  created_at double precision not null default now_ms(),
  primary key (run, name)
);
create index artifact_of_digest on artifact (digest);
create index artifact_of_job on artifact (job);

create table cache_entry (
  namespace text not null,
  key text not null,
  folder text not null unique,
  size_bytes bigint not null,
  created_at double precision not null default now_ms(),
  used_at double precision not null default now_ms(),
  primary key (namespace, key)
);
`,
};
