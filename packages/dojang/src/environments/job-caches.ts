import { createHash } from "node:crypto";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, matchesGlob } from "node:path";
import type { Job, RunEvent } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import { type CacheScope, commitCache, findCache, makeCacheFolder } from "../store/caches.ts";
import type { Store } from "../store/store.ts";
import { workspaceMount } from "./workspace.ts";

type CacheDefinition = Job["cache"][number];

export interface JobCachesOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly scope: CacheScope;
  readonly job: string;
  /** The project's folder and its source files: `key` names files of it. */
  readonly directory: string;
  readonly sources: readonly string[];
  readonly definitions: readonly CacheDefinition[];
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

const archive = "cache.tar";
/** Of one entry. It is carried through memory, and restoring more than this is slower than making it again. */
const limitBytes = 512 * 1024 * 1024;
const carryTimeoutMs = 120_000;

/**
 * Puts a job's cached folders into its workspace. The archive is packed and unpacked by the guest inside its own walls, so a
 * poisoned one reaches nothing that the guest could not write anyway. Resolves with what has to be saved at the end.
 */
export async function restoreCaches(
  options: JobCachesOptions,
): Promise<readonly { readonly key: string; readonly paths: readonly string[] }[]> {
  const toSave: { key: string; paths: readonly string[] }[] = [];
  for (const definition of options.definitions) {
    const key = await keyOf(definition, options);
    const found = await findCache(options.store, { scope: options.scope, key });
    if (found === undefined) {
      toSave.push({ key, paths: definition.paths });
      continue;
    }
    const path = join(found.entry.folder, archive);
    if ((await stat(path)).size > limitBytes) continue;
    const unpacked = await carry(options, ["tar", "-x", "-f", "-"], await readFile(path));
    options.emit({
      kind: "note",
      job: options.job,
      text: `cache of ${definition.paths.join(", ")} ${unpacked.exitCode === 0 ? "put back" : "could not be put back"}`,
    });
  }
  return toSave;
}

/** Keeps the folders as the job left them, under the keys that had no entry. Only for a job that passed. */
export async function saveCaches(
  options: JobCachesOptions,
  toSave: readonly { readonly key: string; readonly paths: readonly string[] }[],
): Promise<void> {
  for (const { key, paths } of toSave) {
    const packed = await carry(options, [
      "sh",
      "-c",
      'for p; do [ -e "$p" ] && printf "%s\\n" "$p"; done | tar -c -f - -T -',
      "pack",
      ...paths,
    ]);
    if (packed.exitCode !== 0 || packed.truncated || packed.bytes.length === 0) {
      options.emit({
        kind: "note",
        job: options.job,
        text: `${paths.join(", ")} was not cached: ${packed.truncated ? "too large" : "nothing there"}`,
      });
      continue;
    }
    const folder = await makeCacheFolder(options.store, options.scope);
    try {
      await writeFile(join(folder, archive), packed.bytes);
      await commitCache(options.store, { scope: options.scope, key, folder });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

/** The same files, folders and job give the same key. */
async function keyOf({ key, paths }: CacheDefinition, { directory, sources, job }: JobCachesOptions): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([job.replace(/ \(.*/, ""), paths]));
  for (const path of sources.filter((source) => key.some((glob) => matchesGlob(source, glob)))) {
    hash.update(`${path}\0`).update(await readFile(join(directory, path)));
  }
  return hash.digest("hex");
}

async function carry({ runtime, environmentId, signal }: JobCachesOptions, command: readonly string[], stdin?: Uint8Array) {
  const chunks: Uint8Array[] = [];
  const done = await runtime.exec(
    environmentId,
    {
      command,
      environment: {},
      directory: workspaceMount,
      timeoutMs: carryTimeoutMs,
      outputLimitBytes: limitBytes,
      stdin,
      onOutput: ({ stream, data }) => void (stream === "stdout" && chunks.push(data)),
    },
    { signal },
  );
  return { ...done, bytes: Buffer.concat(chunks) };
}
