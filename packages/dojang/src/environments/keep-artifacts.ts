import type { ArtifactFacts } from "../report/run-facts.ts";
import { putArtifact } from "../store/artifacts.ts";
import type { Store } from "../store/store.ts";
import type { GuestFiles } from "./guest-files.ts";

const fileLimitBytes = 64 * 1024 * 1024;
const filesLimit = 500;

export interface ArtifactContext {
  readonly store: Store;
  readonly run: { readonly id: string };
  readonly job: { readonly id: string; readonly planned: { readonly name: string } };
  readonly signal: AbortSignal;
}

/** Keeps the files a job names, each under the job's name and its path. */
export async function keepArtifacts(context: ArtifactContext, files: GuestFiles, globs: readonly string[]): Promise<ArtifactFacts[]> {
  const { store, run, job, signal } = context;
  const kept: ArtifactFacts[] = [];
  for (const path of (await files.find(globs, signal)).slice(0, filesLimit)) {
    const content = await files.read(path, fileLimitBytes, signal);
    if (content === undefined) continue;
    const artifact = await putArtifact(store, { run: run.id, job: job.id, name: `${job.planned.name}/${path}`, content, signal });
    kept.push({ job: job.planned.name, name: path, digest: artifact.digest, sizeBytes: artifact.sizeBytes });
  }
  return kept;
}
