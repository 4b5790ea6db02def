import { homedir } from "node:os";
import { join } from "node:path";
import type { RuntimeName } from "@dojang/model";
import { type ReapReport, reap } from "../engine/reaper.ts";
import { type PreparedRuntime, prepareRuntimes } from "../engine/runtimes.ts";
import { openStore, type Store } from "../store/store.ts";
import type { CommandContext } from "./command-context.ts";

/** What commands that touch environments work with: the state folder, the store, the runtimes, and a clean machine. */
export interface Session extends AsyncDisposable {
  readonly home: string;
  readonly store: Store;
  readonly runtimes: readonly PreparedRuntime[];
  /** What earlier processes had left behind, and was cleaned up. */
  readonly reaped: ReapReport;
}

export interface SessionOptions {
  readonly context: CommandContext;
  readonly say: (text: string) => void;
}

/** Opens the state folder and removes what dead processes left in it, before anything new is made. */
export async function openSession({ context, say }: SessionOptions): Promise<Session> {
  const { signal } = context;
  const store = await openStoreOf({ context, say });
  const home = stateFolder(context.environment);
  try {
    const runtimes = await prepareRuntimes({ home, signal });
    const reaped = await reap({ store, runtimes: runtimes.map((ready) => ready.runtime), signal });
    for (const line of [...reaped.did, ...reaped.failed]) say(line);
    return { home, store, runtimes, reaped, [Symbol.asyncDispose]: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The store alone, for commands that make no environment. */
export async function openStoreOf({ context, say }: SessionOptions): Promise<Store> {
  const { signal, environment } = context;
  const databaseUrl = (environment.DOJANG_DATABASE_URL ?? environment.DATABASE_URL) || undefined;
  if (databaseUrl !== undefined) say(`the store is ${placeOf(databaseUrl)}; DOJANG_DATABASE_URL= (empty) takes the embedded one`);
  return await openStore({ home: stateFolder(environment), databaseUrl, signal, onProgress: say });
}

/** Where a database is, without its password. */
function placeOf(databaseUrl: string): string {
  const url = URL.parse(databaseUrl);
  return url === null ? "the database that was named" : `schema dojang of ${url.host}${url.pathname}`;
}

/** DOJANG_HOME, else /var/lib/dojang for root and the user's data folder for everybody else. */
export function stateFolder(environment: CommandContext["environment"]): string {
  if (environment.DOJANG_HOME) return environment.DOJANG_HOME;
  if (process.getuid?.() === 0) return "/var/lib/dojang";
  return join(environment.XDG_DATA_HOME || join(homedir(), ".local", "share"), "dojang");
}

export const runtimeNames: readonly RuntimeName[] = ["sandbox", "host"];
