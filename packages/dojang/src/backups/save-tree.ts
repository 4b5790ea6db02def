import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Problem } from "@dojang/model";
import { TarWriter } from "./tar-writer.ts";

export interface SaveTreeOptions {
  /** Where it goes in the archive. */
  readonly as: string;
  /** Relative paths that are passed over; a folder of `empty` is kept without what is in it. */
  readonly skip?: (path: string) => boolean;
  readonly empty?: (path: string) => boolean;
  readonly signal: AbortSignal;
}

export interface SavedTree {
  readonly files: number;
  readonly bytes: number;
  /** Files that were there when their folder was listed, and not when they were to be read. */
  readonly vanished: number;
  /** SHA-256 over paths and content in the order of names: the same for the same tree. */
  readonly digest: string;
}

const pieceBytes = 256 * 1024;

/**
 * Writes a folder that is in use into an archive. What vanishes meanwhile is left out, what grows is cut at the length it had, what
 * shrinks is filled up. It never follows a link: what belongs to a guest is read with our rights.
 */
export async function saveTree(root: string, tar: TarWriter, options: SaveTreeOptions): Promise<SavedTree> {
  const sum = { files: 0, bytes: 0, vanished: 0 };
  const digest = createHash("sha256");
  const visit = async (relative: string): Promise<void> => {
    const names = await readdir(join(root, relative)).catch(unlessVanished);
    if (names === undefined) return;
    for (const name of names.sort()) {
      options.signal.throwIfAborted();
      if (name.includes("\uFFFD")) throw nameNotText(join(root, relative, name));
      const path = relative === "" ? name : `${relative}/${name}`;
      if (options.skip?.(path) === true) continue;
      const found = await lstat(join(root, path)).catch(unlessVanished);
      if (found === undefined) sum.vanished++;
      else if (found.isDirectory()) {
        await tar.add({ kind: "folder", path: `${options.as}/${path}`, mode: found.mode & 0o7777 });
        digest.update(`folder ${path}\0`);
        if (options.empty?.(path) !== true) await visit(path);
      } else if (found.isSymbolicLink()) {
        const target = await readlink(join(root, path));
        await tar.add({ kind: "link", path: `${options.as}/${path}`, target });
        digest.update(`link ${path}\0${target}\0`);
        // Sockets and pipes hold nothing.
      } else if (found.isFile()) {
        const saved = await saveFile(join(root, path), tar, { path: `${options.as}/${path}`, onPiece: fileDigest(digest, path) });
        if (saved === undefined) sum.vanished++;
        else {
          sum.files++;
          sum.bytes += saved;
        }
      }
    }
  };
  await visit("");
  return { ...sum, digest: digest.digest("hex") };
}

/** The same count and digest of a folder that nobody changes, without an archive. */
export async function measureTree(root: string, signal: AbortSignal): Promise<SavedTree> {
  const nowhere = new TarWriter(new Writable({ write: (_chunk, _encoding, done) => done() }));
  return await saveTree(root, nowhere, { as: "x", signal });
}

function fileDigest(digest: ReturnType<typeof createHash>, path: string) {
  let begun = false;
  return (piece: Uint8Array) => {
    if (!begun) digest.update(`file ${path}\0`);
    begun = true;
    digest.update(piece);
  };
}

/** One file, of the length it has when it is opened. Undefined when it is gone; otherwise its length. */
export async function saveFile(
  source: string,
  tar: TarWriter,
  to: { readonly path: string; readonly onPiece?: (piece: Uint8Array) => void },
): Promise<number | undefined> {
  const file = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW).catch(unlessVanished);
  if (file === undefined) return undefined;
  try {
    const { size, mode } = await file.stat();
    to.onPiece?.(new Uint8Array());
    await tar.add({ kind: "file", path: to.path, mode: mode & 0o7777, sizeBytes: size }, pieces(file, size, to.onPiece));
    return size;
  } finally {
    await file.close();
  }
}

async function* pieces(file: FileHandle, sizeBytes: number, onPiece?: (piece: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  let position = 0;
  while (position < sizeBytes) {
    const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, sizeBytes - position));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    // Shorter than it was: the rest is zeros, in the archive and in its digest.
    const piece = bytesRead === 0 ? buffer.fill(0) : buffer.subarray(0, bytesRead);
    onPiece?.(piece);
    yield piece;
    position += piece.length;
  }
}

function unlessVanished(error: NodeJS.ErrnoException): undefined {
  // A folder that became a file, or a link, in between is as good as gone.
  if (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ELOOP") return undefined;
  throw error;
}

function nameNotText(path: string): Problem {
  return new Problem({
    code: "backup-name-unreadable",
    exit: "configuration",
    message: `${path} has a name that is not UTF-8: it cannot be saved under its name`,
    fix: "rename the file; a backup that left it out would look whole",
  });
}
