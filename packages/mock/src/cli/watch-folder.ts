import { watch } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { failureText } from "./print-failure.ts";

export interface FolderWatch {
  readonly folder: string;
  /** Whether a change of this file, relative to the folder, counts. */
  readonly counts: (name: string) => boolean;
  /** Folders in it too. */
  readonly recursive: boolean;
  readonly signal: AbortSignal;
  readonly reload: () => Promise<void>;
  readonly print: (text: string) => void;
}

/** Calls `reload` after changes, once for changes that come together. A reload that fails is told and changes nothing. */
export function watchFolder({ folder, counts, recursive, signal, reload, print }: FolderWatch): void {
  let waiting = false;
  const settle = async () => {
    await setTimeout(settleMs, undefined, { signal });
    waiting = false;
    await reload().catch((error: unknown) => print(failureText(error)));
  };
  const watcher = watch(folder, { recursive, signal }, (_, name) => {
    if (waiting || (name !== null && !counts(name))) return;
    waiting = true;
    settle().catch(() => {
      // Ended while waiting.
    });
  });
  watcher.on("error", (error) => print(`dojang-mock: ${folder} is no longer watched: ${error.message}`));
}

/** Editors write a file in several steps. */
const settleMs = 100;
