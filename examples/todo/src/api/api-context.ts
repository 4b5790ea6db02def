import type { FastifyRequest } from "fastify";
import type { Account, AccountStore } from "../accounts/account-store.ts";
import type { Passwords } from "../accounts/passwords.ts";
import type { Sessions } from "../accounts/sessions.ts";
import type { Database } from "../database/database.ts";
import { Refusal } from "../http/refusal.ts";
import type { ListCache } from "../lists/list-cache.ts";
import type { ListStore } from "../lists/list-store.ts";
import type { RedisConnection } from "../redis/redis-connection.ts";
import type { ReminderQueue } from "../reminders/reminder-queue.ts";
import type { ReminderStore } from "../reminders/reminder-store.ts";

/** What the routes work with; server.ts makes the real ones, unit tests make doubles. */
export interface ApiContext {
  readonly database: Database;
  readonly redis: RedisConnection;
  readonly lists: ListStore;
  readonly cache: ListCache;
  readonly accounts: AccountStore;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly reminders: ReminderStore;
  readonly queue: ReminderQueue;
  /** Cookies are marked Secure: the page is served over https. */
  readonly secureCookies: boolean;
  readonly now: () => Date;
}

export const sessionCookie = "session";

/** The account of the request, from `Authorization: Bearer` or the session cookie; undefined when signed out. */
export async function signedInAccount(context: ApiContext, request: FastifyRequest): Promise<Account | undefined> {
  const [scheme, bearer] = request.headers.authorization?.split(" ") ?? [];
  const token = scheme?.toLowerCase() === "bearer" ? bearer : request.cookies[sessionCookie];
  return token === undefined ? undefined : context.sessions.read(token);
}

export async function requireAccount(context: ApiContext, request: FastifyRequest): Promise<Account> {
  const account = await signedInAccount(context, request);
  if (!account) throw new Refusal(401, "signed_out", "sign in first");
  return account;
}
