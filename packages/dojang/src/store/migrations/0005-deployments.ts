import type { Migration } from "../migrate.ts";

/**
 * Releases, the sites they go into, and how they got there. A deployment is a state machine that whoever holds its lease moves
 * on; `fence` grows with every take-over, and whoever holds an older one is refused.
 */
export const deployments: Migration = {
  number: 5,
  name: "deployments",
  sql: `
create table release (
  id text primary key,
  project text not null,
  number integer not null,
  commit text,
  author text,
  digest text not null,
  manifest jsonb not null,
  created_at double precision not null default now_ms(),
  removed_at double precision,
  unique (project, number)
);
create index release_of_digest on release (project, digest);

create table site (
  id text primary key,
  project text not null,
  environment text not null,
  directory text not null,
  definition jsonb not null,
  current_release text references release (id),
  previous_release text references release (id),
  created_at double precision not null default now_ms(),
  unique (project, environment)
);

create table secret (
  site text not null,
  name text not null,
  sealed text not null,
  updated_at double precision not null default now_ms(),
  primary key (site, name)
);

create table deployment (
  id text primary key,
  sequence bigint generated always as identity,
  site text not null references site (id),
  release text not null references release (id),
  previous_release text references release (id),
  kind text not null check (kind in ('deploy', 'rollback')),
  state text not null check (state in ('awaiting-approval', 'queued', 'running', 'succeeded', 'failed', 'rolled-back', 'cancelled', 'rejected')),
  step text,
  plan jsonb not null,
  facts jsonb not null default '{}',
  wants text check (wants in ('release', 'no-way-back')),
  requested_by text not null,
  reason text,
  failure jsonb,
  cancel_asked_by text,
  fence integer not null default 0,
  owner jsonb,
  lease_until double precision,
  created_at double precision not null default now_ms(),
  expires_at double precision,
  started_at double precision,
  live_at double precision,
  finished_at double precision
);
create unique index deployment_one_active_per_site on deployment (site) where state in ('queued', 'running');
create index deployment_recent on deployment (site, sequence desc);

create table deployment_step (
  deployment text not null references deployment (id) on delete cascade,
  position integer not null,
  name text not null,
  attempt integer not null,
  fence integer not null,
  state text not null check (state in ('running', 'done', 'skipped', 'failed')),
  summary text,
  detail jsonb,
  started_at double precision not null default now_ms(),
  finished_at double precision,
  primary key (deployment, position, attempt)
);

create table person_group (
  name text not null,
  person text not null,
  primary key (name, person)
);

create table approval (
  deployment text not null references deployment (id) on delete cascade,
  release text not null,
  person text not null,
  topic text not null check (topic in ('release', 'no-way-back')),
  decision text not null check (decision in ('approved', 'rejected')),
  reason text,
  at double precision not null default now_ms(),
  primary key (deployment, topic, person)
);
`,
};
