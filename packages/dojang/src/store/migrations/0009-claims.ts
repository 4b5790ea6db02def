import type { Migration } from "../migrate.ts";

/** Work that is done on a schedule by one process at a time. The fence grows with every taking; without an owner it is free. */
export const claims: Migration = {
  number: 9,
  name: "claims",
  sql: `
create table claim (
  name text primary key,
  fence integer not null,
  owner jsonb,
  lease_until double precision
);
`,
};
