import { Problem } from "@dojang/model";
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
  const variable = environment.DOJANG_DATABASE_URL === undefined ? "DATABASE_URL" : "DOJANG_DATABASE_URL";
  const databaseUrl = environment[variable] || undefined;
  if (databaseUrl !== undefined) say(`the store is ${placeOf(databaseUrl, variable)}; DOJANG_DATABASE_URL= (empty) takes the embedded one`);
  return await openStore({ home: stateFolder(environment), databaseUrl, signal, onProgress: say });
}

/** Where a database is, without its password. */
function placeOf(databaseUrl: string, variable: string): string {
  const url = URL.parse(databaseUrl);
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol)) return `schema dojang of ${url.host}${url.pathname}`;
  throw new Problem({
    code: "database-url-invalid",
    // Not its value, which may hold a password.
    message: `${variable} is no address of a PostgreSQL database`,
    fix: "write postgres://user:password@host:5432/name, or leave it empty: Dojang then runs a database of its own",
    exit: "configuration",
    place: { file: variable },
  });
}
