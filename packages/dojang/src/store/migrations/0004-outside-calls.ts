import type { Migration } from "../migrate.ts";

/** What services asked of outside systems that were played. `id` is of the mock's making, and mocks are guests: it counts within its environment. */
export const outsideCalls: Migration = {
  number: 4,
  name: "outside calls",
  sql: `
create table outside_call (
  sequence bigint generated always as identity,
  environment text not null,
  id text not null,
  run text references run (id) on delete cascade,
  job text references job (id) on delete cascade,
  mock text not null,
  request_id uuid,
  transaction text,
  test_attempt text,
  direct boolean not null default false,
  method text not null,
  url text not null,
  status integer,
  fault text,
  answered_by text not null check (answered_by in ('stub', 'contract', 'proxy', 'nothing')),
  stub jsonb,
  declared boolean not null,
  violations jsonb not null,
  nearest jsonb,
  request_headers jsonb not null,
  response_headers jsonb not null,
  request_body jsonb,
  response_body jsonb,
  started_at double precision not null,
  duration_ms double precision not null,
  delay_ms double precision not null,
  primary key (environment, id)
);
create index outside_call_of_run on outside_call (run, started_at);
create index outside_call_of_job on outside_call (job);
create index outside_call_of_request on outside_call (request_id);
-- The sweep of bodies asks for each whether anything refers to it.
create index outside_call_request_body on outside_call ((request_body ->> 'hash')) where request_body is not null;
create index outside_call_response_body on outside_call ((response_body ->> 'hash')) where response_body is not null;
`,
};
