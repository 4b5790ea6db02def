import { openStore, type Store } from "../store/store.ts";
import type { CommandContext } from "./command-context.ts";
import { stateFolder } from "./state-folder.ts";

export interface OpenOptions {
  readonly context: CommandContext;
  readonly say: (text: string) => void;
}

/** The store alone, for commands that make no environment. */
export async function openStoreOf({ context, say }: OpenOptions): Promise<Store> {
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
