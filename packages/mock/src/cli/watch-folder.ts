import { watch } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { failureText } from "./print-failure.ts";

export interface FolderWatch {
  readonly folder: string;
  /** Only changes in this folder of it count, which need not be there yet. */
  readonly below: string;
  readonly signal: AbortSignal;
  readonly reload: () => Promise<void>;
  readonly print: (text: string) => void;
}

/** Calls `reload` after changes, once for changes that come together. A reload that fails is told and changes nothing. */
export function watchFolder({ folder, below, signal, reload, print }: FolderWatch): void {
  let waiting = false;
  const settle = async () => {
    await setTimeout(settleMs, undefined, { signal });
    waiting = false;
    await reload().catch((error: unknown) => print(failureText(error)));
  };
  const watcher = watch(folder, { recursive: true, signal }, (_, name) => {
    if (waiting || (name !== null && name.split(/[/\\]/)[0] !== below)) return;
    waiting = true;
    settle().catch(() => {
      // Ended while waiting.
    });
  });
  watcher.on("error", (error) => print(`dojang-mock: ${folder} is no longer watched: ${error.message}`));
}

/** Editors write a file in several steps. */
const settleMs = 100;
