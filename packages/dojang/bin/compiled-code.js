// Plain JavaScript: it is read before anything is kept.
import { mkdirSync, statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Keeps what Node makes of the sources (types stripped, code compiled), so that the next command need not make it again. Node itself
 * throws away what was made of a file that has changed since. Node's own NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE win.
 * Where nothing can be kept everything is made anew: slower, and no failure.
 *
 * @param {Readonly<Record<string, string | undefined>>} environment
 */
export function keepCompiledCode(environment) {
  if (environment.NODE_COMPILE_CACHE || environment.NODE_DISABLE_COMPILE_CACHE) return;
  try {
    const folder = join(cacheFolder(environment), "dojang", "compiled");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    // What lies there is run: what somebody else can write is not taken.
    if (uid === process.getuid?.() && (mode & 0o022) === 0) enableCompileCache(folder);
  } catch {
    // No folder, no cache.
  }
}

/** Of root /var/cache, which `sudo` does not turn into the user's own. */
function cacheFolder({ XDG_CACHE_HOME }) {
  if (XDG_CACHE_HOME) return XDG_CACHE_HOME;
  return process.getuid?.() === 0 ? "/var/cache" : join(homedir(), ".cache");
}
