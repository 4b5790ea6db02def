import { constants } from "node:fs";
import { chmod, mkdir, open, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ReadEntry } from "./tar-reader.ts";

const holeBytes = 64 * 1024;

/**
 * Lays entries of an archive out in an empty folder. Links are made last, so that nothing is written through one; runs of zeros
 * become holes, for unused log segments of PostgreSQL are mostly that.
 */
export class TreeUnpacker {
  readonly #folder: string;
  readonly #links: { readonly path: string; readonly target: string }[] = [];
  readonly #modes: { readonly path: string; readonly mode: number }[] = [];
  readonly #made = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `path` is the entry's place in the folder. */
  async add({ entry, content }: ReadEntry, path: string): Promise<void> {
    const place = join(this.#folder, path);
    if (entry.kind === "link") {
      this.#links.push({ path: place, target: entry.target });
      return;
    }
    if (entry.kind === "folder") {
      await this.#makeFolder(place);
      this.#modes.push({ path: place, mode: entry.mode });
      return;
    }
    await this.#makeFolder(dirname(place));
    await writeWithHoles(place, { mode: entry.mode, sizeBytes: entry.sizeBytes }, content);
  }

  async end(): Promise<void> {
    for (const { path, target } of this.#links) {
      await this.#makeFolder(dirname(path));
      await symlink(target, path);
    }
    // Deepest first: a folder that may not be written to is made so when nothing more goes in.
    for (const { path, mode } of this.#modes.reverse()) await chmod(path, mode);
  }

  async #makeFolder(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    await mkdir(path, { recursive: true, mode: 0o700 });
    this.#made.add(path);
  }
}

export async function writeWithHoles(
  path: string,
  as: { readonly mode: number; readonly sizeBytes: number },
  content: AsyncIterable<Buffer>,
): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    let position = 0;
    for await (const piece of content) {
      for (let at = 0; at < piece.length; at += holeBytes) {
        const part = piece.subarray(at, at + holeBytes);
        if (part.some((byte) => byte !== 0)) await writeAll(file, part, position + at);
      }
      position += piece.length;
    }
    await file.truncate(as.sizeBytes);
    await file.chmod(as.mode);
  } finally {
    await file.close();
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
