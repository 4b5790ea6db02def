import type { Migration } from "../migrate.ts";

/**
 * Backups of deployment environments, and PostgreSQL's log between them. A row is written before anything is: one without
 * `finished_at` whose owner is dead is half a backup, and its file (if there is any) has a temporary name.
 */
export const backups: Migration = {
  number: 6,
  name: "backups",
  sql: `
create table backup (
  id text primary key,
  sequence bigint generated always as identity,
  site text not null,
  service text not null,
  kind text not null check (kind in ('postgres', 'mysql', 'redis', 'files')),
  reason text not null,
  owner jsonb,
  file text not null,
  started_at double precision not null,
  finished_at double precision,
  size_bytes double precision,
  digest text,
  key_fingerprint text,
  figures jsonb,
  wal jsonb,
  copies jsonb not null default '[]',
  proof jsonb,
  error text,
  removed_at double precision
);
create index backup_recent on backup (site, service, sequence desc);

create table wal_segment (
  site text not null,
  service text not null,
  name text not null,
  file text not null,
  raw_digest text not null,
  digest text not null,
  size_bytes double precision not null,
  key_fingerprint text not null,
  archived_at double precision not null,
  copies jsonb not null default '[]',
  removed_at double precision,
  primary key (site, service, name)
);

create table wal_mark (
  site text not null,
  service text not null,
  at double precision not null,
  segment text not null,
  primary key (site, service, at)
);
`,
};
