import type { Migration } from "../migrate.ts";

/** What learners handed in, and which variants it caught. `killed` is empty where the verdict counts for nothing. */
export const practice: Migration = {
  number: 8,
  name: "practice",
  sql: `
create table practice_attempt (
  id text primary key,
  person text not null,
  exercise text not null,
  verdict text not null,
  score double precision not null check (score between 0 and 1),
  killed jsonb not null,
  tests integer not null,
  at double precision not null default now_ms()
);
create index practice_attempt_of on practice_attempt (person, exercise);
`,
};
