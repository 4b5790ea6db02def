import { Problem, systemFailure } from "@dojang/model";
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
  const home = stateFolder(environment);
  if (databaseUrl === undefined) requirePlainPath(home);
  return await openStore({ home, databaseUrl, signal, onProgress: say }).catch((error: unknown) => {
    throw refusedFolder(error, home) ?? error;
  });
}

/** PostgreSQL's own programs start each other by a shell, with the path in double quotes. */
function requirePlainPath(home: string): void {
  if (!/["$`\\\n]/.test(home)) return;
  throw new Problem({
    code: "state-folder-refused",
    message: `the state folder ${JSON.stringify(home)} has a character in its path that PostgreSQL cannot be started with: one of " $ \` \\ or a line's end`,
    fix: "let DOJANG_HOME name a folder without them",
    exit: "configuration",
    place: { file: "DOJANG_HOME" },
  });
}

/** Where the system refuses the folder to this user, the way out is another folder. */
function refusedFolder(error: unknown, home: string): Problem | undefined {
  const refused = systemFailure(error);
  if (refused === undefined || !(error instanceof Error && "code" in error) || !otherFolderHelps.has(String(error.code))) return undefined;
  return new Problem({
    code: "state-folder-refused",
    message: `the state folder ${home} cannot be used: ${refused.message}`,
    fix: "let DOJANG_HOME name a folder that this user may make or write into",
    exit: refused.exit,
    place: { file: home },
    cause: error,
  });
}

const otherFolderHelps: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "ENOENT", "ELOOP", "ENAMETOOLONG"]);

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
