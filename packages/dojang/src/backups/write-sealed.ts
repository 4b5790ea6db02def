import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress } from "node:zlib";
import { Problem } from "@dojang/model";
import { isDiskFull } from "../store/disk-room.ts";
import { type BackupKey, syncFolder } from "./backup-key.ts";
import { type SealedHeader, Sealer } from "./sealed-file.ts";

export interface SealedFacts {
  readonly sizeBytes: number;
  /** `sha256:` + hex, of the file as it lies there. */
  readonly digest: string;
}

/** Compresses, encrypts and writes under a temporary name, `<path>.making`; the file has its name only when all of it is on disk. */
export async function writeSealed(
  source: Readable,
  to: { readonly path: string; readonly key: BackupKey; readonly header: SealedHeader; readonly signal: AbortSignal },
): Promise<SealedFacts> {
  const draft = `${to.path}.making`;
  await mkdir(dirname(to.path), { recursive: true, mode: 0o700 });
  const digest = createHash("sha256");
  let sizeBytes = 0;
  const count = new Transform({
    transform(data: Buffer, _encoding, done) {
      digest.update(data);
      sizeBytes += data.length;
      done(null, data);
    },
  });
  try {
    await rm(draft, { force: true });
    const file = createWriteStream(draft, { flags: "wx", mode: 0o600 });
    await pipeline(source, createZstdCompress(), new Sealer(to.key, to.header), count, file, { signal: to.signal });
    await syncFile(draft);
    await rename(draft, to.path);
    await syncFolder(dirname(to.path));
    return { sizeBytes, digest: `sha256:${digest.digest("hex")}` };
  } catch (error) {
    source.destroy();
    await rm(draft, { force: true });
    throw isDiskFull(error) ? diskFull(to.path, sizeBytes, error) : error;
  }
}

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

export function diskFull(path: string, writtenBytes: number, cause: unknown): Problem {
  return new Problem({
    code: "disk-full",
    exit: "infrastructure",
    message: `the disk is full: ${path} could not be written beyond ${writtenBytes} bytes`,
    fix: "free some space, keep fewer backups (backups.keep), or move the state folder to a larger disk; what was written of it is removed",
    cause,
  });
}
