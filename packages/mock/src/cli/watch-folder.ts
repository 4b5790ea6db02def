import { watch } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { failureText } from "./print-failure.ts";

export interface FolderWatch {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly reload: () => Promise<void>;
  readonly print: (text: string) => void;
}

/** Calls `reload` after changes, once for changes that come together. A reload that fails is told and changes nothing. */
export function watchFolder({ path, signal, reload, print }: FolderWatch): void {
  let waiting = false;
  const settle = async () => {
    await setTimeout(settleMs, undefined, { signal });
    waiting = false;
    await reload().catch((error: unknown) => print(failureText(error)));
  };
  const watcher = watch(path, { recursive: true, signal }, () => {
    if (waiting) return;
    waiting = true;
    settle().catch(() => {
      // Ended while waiting.
    });
  });
  watcher.on("error", (error) => print(`dojang-mock: ${path} is no longer watched: ${error.message}`));
}

/** Editors write a file in several steps. */
const settleMs = 100;
