import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { Problem } from "@dojang/model";
import type { Store } from "../store/store.ts";
import { shelvedTree } from "./artifact-shelf.ts";
import { type Release, releasesHome } from "./release.ts";
import { checkWhole } from "./whole-release.ts";

/**
 * A release as one stream, for another machine: a gzipped tar archive of
 *   release.json          what `ParcelNote` says
 *   <id>/                 its folder, as `ReleaseFolders` has it
 *   .artifacts/<digest>/  the built trees it stands on
 * Files that are linked to each other are in it once.
 */
export interface ParcelNote {
  readonly parcel: 1;
  readonly release: Pick<Release, "id" | "project" | "number" | "digest" | "manifest"> & {
    readonly commit: string | null;
    readonly author: string | null;
  };
}

export interface Parcel extends AsyncDisposable {
  readonly stream: Readable;
  /** Resolves when the archive was written to its end; throws Problem `release-unpacked` otherwise. */
  readonly done: Promise<void>;
}

/** Throws Problem `release-removed` when files of it are gone. */
export async function packRelease({ home }: Pick<Store, "home">, release: Release, signal: AbortSignal): Promise<Parcel> {
  await checkWhole(home, release);
  const { id, project, number, digest, manifest, commit = null, author = null } = release;
  const note: ParcelNote = { parcel: 1, release: { id, project, number, digest, manifest, commit, author } };
  const folder = await mkdtemp(join(tmpdir(), "dojang-parcel-"));
  await writeFile(join(folder, "release.json"), JSON.stringify(note));
  const from = releasesHome(home);
  const trees = manifest.artifacts.map((artifact) => shelvedTree(home, artifact.digest).slice(from.length + 1));
  const words = ["-czf", "-", "-C", folder, "release.json", "-C", from, id, ...new Set(trees)];
  const tar = spawn("tar", words, { stdio: ["ignore", "pipe", "pipe"], signal });
  let said = "";
  tar.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const done = new Promise<void>((resolve, reject) => {
    tar.once("error", reject);
    tar.once("close", (code) => (code === 0 ? resolve() : reject(unpacked(id, said))));
  });
  // Who only reads the stream sees it end; who waits for `done` hears why.
  done.catch(() => {});
  return {
    // What an ended process left unread is thrown away, unless somebody reads from the beginning.
    stream: tar.stdout.pipe(new PassThrough()),
    done,
    async [Symbol.asyncDispose]() {
      tar.kill();
      await done.catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function unpacked(id: string, said: string): Problem {
  return new Problem({
    code: "release-unpacked",
    message: `${id} could not be packed: ${said.trim() || "tar was ended"}`,
    fix: "see that `tar` and `gzip` are there and that the files of the release can be read, then try again",
    exit: "infrastructure",
  });
}
