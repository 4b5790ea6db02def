import { spawn } from "node:child_process";
import { chmod, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Problem } from "@dojang/model";
import { z } from "zod";
import type { Store } from "../store/store.ts";
import { shelvedTree } from "./artifact-shelf.ts";
import type { ParcelNote } from "./pack-release.ts";
import { foldersIn, getRelease, type Release, releaseFolders } from "./release.ts";
import { inReleaseDraft } from "./release-draft.ts";
import type { ReleaseManifest } from "./release-manifest.ts";
import { moveIn, reserve } from "./release-row.ts";
import { missingFiles } from "./whole-release.ts";

export interface TakenIn {
  readonly release: Release;
  /** It was here before, with all its files. */
  readonly wasHere: boolean;
}

/**
 * Takes in a release that another machine packed: under its own id and number, so that it is the same one everywhere. Whole or not at
 * all. Throws Problems `parcel-broken` and `release-taken`, the latter when the id belongs to another release here.
 */
export async function takeInRelease(context: { readonly store: Store; readonly signal: AbortSignal }, from: Readable): Promise<TakenIn> {
  const { store, signal } = context;
  const { home } = store;
  return inReleaseDraft({ store, signal }, async (draft) => {
    await unpack(from, { into: draft, signal });
    const note = await readNote(draft);
    const { id, digest, manifest } = note.release;
    const known = await rowOf(store, id);
    if (known !== undefined && known.digest !== digest) throw taken(known, note);
    if (known !== undefined && known.removedAt === undefined && (await missingFiles(home, known)).length === 0)
      return { release: known, wasHere: true };
    await checkContents(draft, note);
    await shelveTrees(home, draft, manifest);
    const made = join(draft, id);
    await chmod(made, 0o711);
    // What an earlier one lost part of.
    await rm(releaseFolders(home, id).folder, { recursive: true, force: true });
    if (known === undefined) await reserve(store, note.release);
    await moveIn(store, { draft: made, id, manifest });
    return { release: await getRelease(store, id), wasHere: false };
  });
}

/** `<home>/projects/<name>` leads to the sources of the release that came last: where commands about its sites are given. */
export async function pointProject(home: string, release: Release): Promise<string> {
  const link = projectFolder(home, release.project);
  await mkdir(dirname(link), { recursive: true, mode: 0o711 });
  const next = `${link}.next`;
  await rm(next, { force: true });
  await symlink(relative(dirname(link), release.folders.source), next);
  await rename(next, link);
  return link;
}

export function projectFolder(home: string, project: string): string {
  return join(home, "projects", project);
}

async function unpack(from: Readable, { into, signal }: { readonly into: string; readonly signal: AbortSignal }): Promise<void> {
  const tar = spawn("tar", ["-xzpf", "-", "--no-same-owner", "-C", into], { stdio: ["pipe", "ignore", "pipe"], signal });
  let said = "";
  tar.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const ended = new Promise<number>((resolve, reject) => {
    tar.once("error", reject);
    tar.once("close", (code) => resolve(code ?? 128));
  });
  // tar says itself what it could not read; that its input broke is no news then.
  const [code] = await Promise.all([ended, pipeline(from, tar.stdin).catch(() => signal.throwIfAborted())]);
  if (code !== 0) throw broken(said.trim().split("\n")[0] ?? `tar ended with ${code}`);
}

const note = z.object({
  parcel: z.literal(1, { error: "was made by another version of Dojang" }),
  release: z.object({
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*-r\d+$/),
    project: z.string().min(1),
    number: z.number().int().positive(),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    commit: z.string().nullable(),
    author: z.string().nullable(),
    manifest: z.looseObject({
      version: z.literal(1),
      artifacts: z.array(z.looseObject({ digest: z.string().regex(/^(sha256:)?[0-9a-f]{64}$/) })),
    }),
  }),
});

async function readNote(draft: string): Promise<ParcelNote> {
  const text = await readFile(join(draft, "release.json"), "utf8").catch(() => undefined);
  if (text === undefined) throw broken("it has no release.json");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken("its release.json is no JSON");
  }
  const read = note.safeParse(value);
  if (!read.success) throw broken(`its release.json: ${z.prettifyError(read.error)}`);
  // What is read of a manifest was looked at; the rest only a Dojang writes.
  const { manifest } = read.data.release;
  return { parcel: 1, release: { ...read.data.release, manifest: manifest as unknown as ReleaseManifest } };
}

async function rowOf(store: Store, id: string): Promise<Release | undefined> {
  const row = await store.db.selectFrom("release").select("id").where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : getRelease(store, id);
}

async function checkContents(draft: string, { release }: ParcelNote): Promise<void> {
  const { manifest, source, workspace } = foldersIn(join(draft, release.id));
  const trees = release.manifest.artifacts.map(({ digest }) => treeIn(draft, digest));
  for (const path of [manifest, source, workspace, ...trees]) {
    if (!(await exists(path))) throw broken(`${path.slice(draft.length + 1)} is not in it`);
  }
}

async function shelveTrees(home: string, draft: string, { artifacts }: ReleaseManifest): Promise<void> {
  for (const digest of new Set(artifacts.map((artifact) => artifact.digest))) {
    const place = dirname(shelvedTree(home, digest));
    if (await exists(join(place, "tree"))) continue;
    await rm(place, { recursive: true, force: true });
    await mkdir(dirname(place), { recursive: true, mode: 0o711 });
    const folder = dirname(treeIn(draft, digest));
    await chmod(folder, 0o711);
    await rename(folder, place);
  }
}

function treeIn(draft: string, digest: string): string {
  return join(draft, ".artifacts", digest.replace(/^sha256:/, ""), "tree");
}

function taken(known: Release, { release }: ParcelNote): Problem {
  return new Problem({
    code: "release-taken",
    message: `there is another ${known.id} here, made of ${known.commit?.slice(0, 10) ?? "files without a commit"}; the one that came is of ${release.commit?.slice(0, 10) ?? "files without a commit"}`,
    fix: `releases of one project are made on one machine, which numbers them: deploy ${release.project} from the one that made ${known.id}`,
    exit: "refused",
  });
}

function broken(why: string): Problem {
  return new Problem({
    code: "parcel-broken",
    message: `this is no whole release: ${why}`,
    fix: "pack it again (`dojang releases export <release>`) and see that all of it arrives",
    exit: "configuration",
  });
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
