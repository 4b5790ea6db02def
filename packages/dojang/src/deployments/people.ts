import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import { readGroups } from "../store/people.ts";
import type { Store } from "../store/store.ts";

/**
 * Who gives a command: the machine's user, through sudo the one who called it. On one's own server that is what is known; accounts
 * of Dojang's own come with its web interface.
 */
export function personOf(environment: Readonly<Record<string, string | undefined>>): string {
  return environment.SUDO_USER || userInfo().username;
}

/** Members of the named groups: those of Dojang's own list, and of the machine's group of that name. */
export async function groupsOf(
  store: Store,
  names: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<Readonly<Record<string, readonly string[]>>> {
  const own = await readGroups(store);
  const entries = await Promise.all(
    [...new Set(names)].map(async (name) => [name, [...(own[name] ?? []), ...(await machineGroup(name, signal))]] as const),
  );
  return Object.fromEntries(entries);
}

/** `maintainers:x:1001:mina,joon`; nobody where there is no such group or no getent. */
async function machineGroup(name: string, signal: AbortSignal): Promise<readonly string[]> {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) return [];
  try {
    const { stdout } = await promisify(execFile)("getent", ["group", name], { signal });
    return (stdout.trim().split(":")[3] ?? "").split(",").filter(Boolean);
  } catch {
    signal.throwIfAborted();
    return [];
  }
}
