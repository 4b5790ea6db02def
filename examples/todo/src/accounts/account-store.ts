import type { Database } from "../database/database.ts";

export interface Account {
  readonly id: string;
  readonly email: string;
}

export interface AccountStore {
  insert(account: Account & { passwordHash: string }): Promise<void>;
  findByEmail(email: string): Promise<(Account & { passwordHash: string }) | undefined>;
}

export function createAccountStore(database: Database): AccountStore {
  return {
    insert: async ({ id, email, passwordHash }) => {
      await database.query("insert into account (id, email, password_hash) values ($1, $2, $3) on conflict (id) do nothing", [
        id,
        email,
        passwordHash,
      ]);
    },
    findByEmail: async (email) => {
      const [row] = await database.query<{ id: string; email: string; password_hash: string }>(
        "select id, email, password_hash from account where lower(email) = lower($1)",
        [email],
      );
      return row && { id: row.id, email: row.email, passwordHash: row.password_hash };
    },
  };
}
