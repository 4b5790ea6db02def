import type { Migration } from "../migrate.ts";

/**
 * Runs, jobs and the ledger.
 *
 * The job row is the queue and what screens show. Everything that moves a job is one function in the database, called in
 * one round trip: a worker that freezes between two statements would otherwise hold locks that stop every other worker.
 * All of them lock the run first and the job second, so no two can wait for each other.
 *
 *   waiting --needs done--> queued --claim_job--> running --end_attempt--> passed | failed | skipped | cancelled
 *                             ^---- retry policy, lapsed lease ----'
 *
 * `attempt` is the fence: it grows with every claim, and whoever holds an older one is refused.
 */
export const runsAndJobs: Migration = {
  number: 1,
  name: "runs-and-jobs",
  sql: `
create function now_ms() returns double precision language sql volatile as
  $$ select extract(epoch from clock_timestamp())::double precision * 1000 $$;

create table project (
  name text primary key,
  last_run_number integer not null
);

create table run (
  id text primary key,
  sequence bigint generated always as identity,
  project text not null,
  number integer not null,
  change text not null,
  directory text,
  commit text,
  branch text,
  trusted boolean not null,
  runtime text not null,
  config_hash text not null,
  snapshot jsonb not null,
  concurrency_group text,
  owner jsonb,
  state text not null default 'queued' check (state in ('queued', 'running', 'passed', 'failed', 'cancelled')),
  reason text,
  cancel_reason text,
  pinned boolean not null default false,
  summary jsonb,
  created_at double precision not null default now_ms(),
  started_at double precision,
  finished_at double precision,
  unique (project, number)
);
create unique index run_one_running_per_group on run (concurrency_group) where state = 'running';
create index run_unfinished on run (sequence) where state in ('queued', 'running');
create index run_recent on run (project, sequence desc);

create table job (
  id text primary key,
  sequence bigint generated always as identity,
  run text not null references run (id) on delete cascade,
  name text not null,
  kind text not null,
  state text not null check (state in ('waiting', 'queued', 'running', 'passed', 'failed', 'skipped', 'cancelled')),
  reason text,
  cancel_reason text,
  needs text[] not null default '{}',
  when_need_fails text not null default 'skip' check (when_need_fails in ('skip', 'run')),
  allowed_to_fail boolean not null default false,
  labels text[] not null default '{}',
  slots integer not null default 1 check (slots > 0),
  exclusive boolean not null default false,
  concurrency_group text,
  retry_max integer not null default 0,
  retry_on text[] not null default '{}',
  spec jsonb not null,
  attempt integer not null default 0,
  claim_token text,
  worker text,
  owner jsonb,
  machine text,
  lease_until double precision,
  result jsonb,
  created_at double precision not null default now_ms(),
  queued_at double precision,
  started_at double precision,
  finished_at double precision,
  unique (run, name)
);
create unique index job_one_running_per_group on job (concurrency_group) where state = 'running';
create index job_queued on job (sequence) where state = 'queued';
create index job_running on job (lease_until) where state = 'running';

create table job_attempt (
  job text not null references job (id) on delete cascade,
  attempt integer not null,
  worker text not null,
  owner jsonb not null,
  started_at double precision not null default now_ms(),
  finished_at double precision,
  state text,
  reason text,
  outcome text,
  primary key (job, attempt)
);

create table ledger (
  kind text not null,
  id text not null,
  runtime text,
  owner jsonb not null,
  run text,
  job text,
  keep boolean not null default false,
  data jsonb not null default '{}',
  created_at double precision not null default now_ms(),
  released_at double precision,
  primary key (kind, id)
);
create index ledger_live on ledger (created_at) where released_at is null;

create table process (
  identity text primary key,
  seen_at double precision not null
);

-- Moves waiting jobs whose needs are done, then gives the run its verdict when nothing is left to do. The caller holds the run.
create function settle_run(p_run text) returns void language plpgsql as $$
declare
  moved integer;
begin
  loop
    update job set state = 'skipped', finished_at = now_ms(),
      reason = case when exists (select 1 from job need where need.id = any (job.needs)
        and (need.state in ('failed', 'cancelled') or need.state = 'skipped' and need.reason <> 'condition-false') and not need.allowed_to_fail)
        then 'dependency-failed' else 'condition-false' end
    where run = p_run and state = 'waiting' and when_need_fails = 'skip'
      and exists (select 1 from job need where need.id = any (job.needs)
        and need.state in ('failed', 'skipped', 'cancelled') and not need.allowed_to_fail);
    get diagnostics moved = row_count;
    exit when moved = 0;
  end loop;
  update job set state = 'queued', queued_at = now_ms()
  where run = p_run and state = 'waiting'
    and not exists (select 1 from job need where need.id = any (job.needs) and need.state in ('waiting', 'queued', 'running'));
  if exists (select 1 from job where run = p_run) and not exists (select 1 from job where run = p_run and state in ('waiting', 'queued', 'running')) then
    update run set finished_at = now_ms(),
      state = case
        when cancel_reason = 'worker-lost' then 'failed'
        when cancel_reason is not null then 'cancelled'
        when exists (select 1 from job where run = p_run and state in ('failed', 'cancelled') and not allowed_to_fail) then 'failed'
        else 'passed' end,
      reason = coalesce(cancel_reason,
        case when exists (select 1 from job where run = p_run and state in ('failed', 'cancelled') and not allowed_to_fail) then 'failed' else 'done' end)
    where id = p_run and state in ('queued', 'running');
  end if;
  perform pg_notify('dojang_job', p_run);
end $$;

-- 'accepted', 'requeued' or 'refused'. Asking twice gives the first answer again, so a lost reply may be retried.
-- p_state null: the worker is lost, nobody brings a result.
create function end_attempt(p_job text, p_attempt integer, p_state text, p_reason text, p_result jsonb) returns text language plpgsql as $$
declare
  j job%rowtype;
  again boolean;
  earlier text;
begin
  perform 1 from run where id = (select run from job where id = p_job) for update;
  select * into j from job where id = p_job for update;
  if not found then return 'refused'; end if;
  if p_state is not null then
    select outcome into earlier from job_attempt where job = p_job and attempt = p_attempt;
    if earlier in ('accepted', 'requeued') then return earlier; end if;
  end if;
  if j.state <> 'running' or j.attempt <> p_attempt then return 'refused'; end if;
  again := coalesce(p_state, 'failed') = 'failed' and j.cancel_reason is null and j.kind <> 'deploy'
    and p_reason = any (j.retry_on) and p_attempt <= j.retry_max;
  update job_attempt set finished_at = now_ms(), state = coalesce(p_state, 'failed'), reason = p_reason,
    outcome = case when p_state is null then 'lost' when again then 'requeued' else 'accepted' end
  where job = p_job and attempt = p_attempt;
  if again then
    update job set state = 'queued', reason = p_reason, queued_at = now_ms(), started_at = null,
      worker = null, owner = null, machine = null, lease_until = null, claim_token = null
    where id = p_job;
    perform pg_notify('dojang_job', j.run);
    return 'requeued';
  end if;
  update job set finished_at = now_ms(), lease_until = null, result = p_result,
    state = case when p_state is not null then p_state when j.cancel_reason <> 'worker-lost' then 'cancelled' else 'failed' end,
    reason = case when p_state is null then coalesce(j.cancel_reason, p_reason) else p_reason end
  where id = p_job;
  perform settle_run(j.run);
  return 'accepted';
end $$;

-- Leases that ran out. A run that another transaction holds is left for the next call.
create function lapse_leases() returns integer language plpgsql as $$
declare
  late record;
  lapsed integer := 0;
begin
  for late in
    select job.id, job.attempt from job join run on run.id = job.run
    where job.state = 'running' and job.lease_until < now_ms()
    order by job.sequence for update of run, job skip locked
  loop
    perform end_attempt(late.id, late.attempt, null, 'worker-lost', null);
    lapsed := lapsed + 1;
  end loop;
  return lapsed;
end $$;

-- Claims are serialised by an advisory lock that only this function takes, so that what they check about other jobs
-- (groups, who runs alone on a machine) is still true when they write.
create function claim_job(p_worker text, p_owner jsonb, p_labels text[], p_slots integer, p_run text, p_lease_ms double precision, p_token text)
returns setof job language plpgsql as $$
declare
  j job%rowtype;
  r run%rowtype;
  here text := p_owner ->> 'machine';
begin
  perform pg_advisory_xact_lock(hashtext('dojang claim'));
  return query select * from job where state = 'running' and claim_token = p_token;
  if found then return; end if;
  perform lapse_leases();
  select job.* into j from job join run on run.id = job.run
  where job.state = 'queued' and job.labels <@ p_labels and job.slots <= p_slots
    and run.state in ('queued', 'running')
    and case when p_run is null then run.owner is null else job.run = p_run end
    and (run.concurrency_group is null or not exists (
      select 1 from run earlier where earlier.concurrency_group = run.concurrency_group
        and earlier.state in ('queued', 'running') and earlier.sequence < run.sequence))
    and (job.concurrency_group is null or not exists (
      select 1 from job other where other.concurrency_group = job.concurrency_group
        and (other.state = 'running' or other.state = 'queued' and other.sequence < job.sequence)))
  order by job.sequence limit 1
  for update of run, job skip locked;
  if not found then return; end if;
  if exists (select 1 from job other where other.state = 'running' and other.machine = here and (other.exclusive or j.exclusive)) then
    return;
  end if;
  update run set state = 'running', started_at = coalesce(started_at, now_ms()) where id = j.run and state = 'queued';
  insert into job_attempt (job, attempt, worker, owner) values (j.id, j.attempt + 1, p_worker, p_owner);
  return query
    update job set state = 'running', reason = null, attempt = job.attempt + 1, worker = p_worker, owner = p_owner, machine = here,
      claim_token = p_token, lease_until = now_ms() + p_lease_ms, started_at = now_ms()
    where id = j.id returning job.*;
  perform pg_notify('dojang_job', j.run);
end $$;

-- 'ok', 'cancel' or 'lost'.
create function heartbeat_job(p_job text, p_attempt integer, p_lease_ms double precision) returns text language sql as $$
  with beat as (
    update job set lease_until = now_ms() + p_lease_ms
    where id = p_job and attempt = p_attempt and state = 'running' returning cancel_reason
  )
  select coalesce((select case when cancel_reason is null then 'ok' else 'cancel' end from beat), 'lost')
$$;

create function cancel_job(p_job text, p_reason text) returns boolean language plpgsql as $$
declare
  j job%rowtype;
begin
  perform 1 from run where id = (select run from job where id = p_job) for update;
  select * into j from job where id = p_job for update;
  if not found or j.state not in ('waiting', 'queued', 'running') then return false; end if;
  if j.state = 'running' then
    update job set cancel_reason = coalesce(cancel_reason, p_reason) where id = p_job;
  else
    update job set state = 'cancelled', reason = p_reason, finished_at = now_ms() where id = p_job;
  end if;
  perform settle_run(j.run);
  return true;
end $$;

create function cancel_run(p_run text, p_reason text) returns boolean language plpgsql as $$
begin
  perform 1 from run where id = p_run and state in ('queued', 'running') for update;
  if not found then return false; end if;
  update run set cancel_reason = coalesce(cancel_reason, p_reason) where id = p_run;
  update job set state = 'cancelled', reason = p_reason, finished_at = now_ms() where run = p_run and state in ('waiting', 'queued');
  update job set cancel_reason = coalesce(cancel_reason, p_reason) where run = p_run and state = 'running';
  perform settle_run(p_run);
  return true;
end $$;

-- The one process that could carry this run on is dead: whatever it left running is lost, the rest never starts.
create function abandon_run(p_run text) returns boolean language plpgsql as $$
declare
  left_running record;
begin
  if not cancel_run(p_run, 'worker-lost') then return false; end if;
  for left_running in select id, attempt from job where run = p_run and state = 'running' loop
    perform end_attempt(left_running.id, left_running.attempt, null, 'worker-lost', null);
  end loop;
  return true;
end $$;
`,
};
