import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { CommandContext } from "./command-context.ts";

/** DOJANG_HOME, else /var/lib/dojang for root and the user's data folder for everybody else. */
export function stateFolder(environment: CommandContext["environment"]): string {
  if (environment.DOJANG_HOME) return resolve(environment.DOJANG_HOME);
  if (process.getuid?.() === 0) return "/var/lib/dojang";
  return join(environment.XDG_DATA_HOME || join(homedir(), ".local", "share"), "dojang");
}
