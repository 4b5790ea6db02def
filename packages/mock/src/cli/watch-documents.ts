import { basename, dirname } from "node:path";
import type { MockWorld } from "../contract.ts";
import { watchFolder } from "./watch-folder.ts";

export interface DocumentsWatch {
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

/** Reads the OpenAPI documents again when one of their files changes. A document that refers to other files then is watched with these. */
export function watchDocuments(world: MockWorld, { signal, print }: DocumentsWatch): void {
  const files = world.contract?.files ?? [];
  const again = new AbortController();
  const untilThen = AbortSignal.any([signal, again.signal]);
  const reload = async () => {
    await world.reloadContract();
    print(`read again: ${world.options.openapi?.join(", ")}`);
    again.abort();
    watchDocuments(world, { signal, print });
  };
  for (const folder of new Set(files.map((file) => dirname(file)))) {
    const names = new Set(files.filter((file) => dirname(file) === folder).map((file) => basename(file)));
    watchFolder({ folder, counts: (name) => names.has(name), recursive: false, signal: untilThen, print, reload });
  }
}
