import { resolve } from "node:path";
import type { EnvironmentSpec } from "@dojang/model";
import type { BuiltImage, ProgressEvent, Runtime } from "@dojang/runtime";
import { type LedgerEntry, listLive, markReleased, recordIntent } from "../store/ledger.ts";
import { thisProcess } from "../store/process-identity.ts";
import type { Store } from "../store/store.ts";

/** An environment that outlives the command that started it: `dojang up`. */
export interface KeptEnvironment {
  readonly id: string;
  readonly project: string;
  readonly directory: string;
  readonly runtime: LedgerEntry["runtime"];
  readonly startedAt: number;
}

export interface StartKeptRequest {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly spec: EnvironmentSpec;
  readonly directory: string;
  readonly images: Readonly<Record<string, BuiltImage>>;
  readonly signal: AbortSignal;
  readonly onProgress: (event: ProgressEvent) => void;
}

/** Starts it, or leaves nothing. It is marked to be kept only once it runs, so a killed start is cleaned up by the next command. */
export async function startKept({ store, runtime, spec, directory, images, signal, onProgress }: StartKeptRequest): Promise<void> {
  const entry = {
    kind: "environment" as const,
    id: spec.id,
    runtime: runtime.name,
    owner: thisProcess(),
    data: { directory: resolve(directory), project: spec.project },
  };
  await recordIntent(store, entry);
  try {
    await runtime.start(spec, { images, signal, onProgress });
  } catch (error) {
    await removeKept({ store, runtime, id: spec.id });
    throw error;
  }
  await recordIntent(store, { ...entry, keep: true });
}

export async function removeKept({ store, runtime, id }: { store: Store; runtime: Runtime; id: string }): Promise<void> {
  await runtime.stop(id);
  await markReleased(store, { kind: "environment", id });
}

/** Those of one folder, or of the whole machine, newest first; not those of live sites, which are nobody's to take down by their folder. */
export async function listKept(store: Store, directory?: string): Promise<readonly KeptEnvironment[]> {
  const kept = (await listAll(store)).filter(({ site }) => site === undefined);
  return kept.filter((each) => directory === undefined || each.directory === resolve(directory)).map(({ site: _none, ...each }) => each);
}

/** Environments in which live sites run, newest first. */
export async function listOfSites(store: Store): Promise<readonly (KeptEnvironment & { readonly site: string })[]> {
  return (await listAll(store)).flatMap(({ site, ...each }) => (site === undefined ? [] : [{ ...each, site }]));
}

async function listAll(store: Store): Promise<readonly (KeptEnvironment & { readonly site: string | undefined })[]> {
  const entries = await listLive(store, { kind: "environment" });
  return entries
    .filter((entry) => entry.keep)
    .map((entry) => ({
      id: entry.id,
      project: String(entry.data.project),
      directory: String(entry.data.directory),
      runtime: entry.runtime,
      startedAt: entry.createdAt,
      site: entry.data.site === undefined ? undefined : String(entry.data.site),
    }))
    .toReversed();
}
