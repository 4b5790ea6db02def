import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { Problem } from "@dojang/model";
import type { BackupContext } from "./backup-context.ts";
import { findBackupKey } from "./backup-key.ts";
import { targetKey } from "./backup-row.ts";
import { openTargets } from "./backup-target.ts";
import { damaged, type Unsealed, unseal } from "./sealed-file.ts";

export interface SealedItem {
  readonly site: string;
  readonly service: string;
  /** What its header has to say it is. */
  readonly name: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly digest: string;
}

/**
 * Reads a file from this machine, or from the first target that has it whole. `use` gets the content, every byte of it authenticated;
 * `again` clears away what it did with a copy that turned out to be damaged. Resolves to where the bytes came from.
 */
export async function openSealed(
  context: BackupContext,
  item: SealedItem,
  steps: { readonly use: (content: AsyncIterable<Buffer>) => Promise<void>; readonly again: () => Promise<void> },
): Promise<string> {
  const problems: Problem[] = [];
  for (const source of sourcesOf(context, item)) {
    context.signal.throwIfAborted();
    try {
      const stream = await source.open();
      if (stream === undefined) continue;
      await read(context, item, stream, steps.use);
      return source.name;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof Problem) || !["backup-damaged", "backup-target-lost"].includes(error.code)) throw error;
      context.onProgress?.(`${source.name}: ${error.message}`);
      problems.push(error);
      await steps.again();
    }
  }
  const told = problems.find((problem) => problem.code === "backup-damaged") ?? problems[0];
  if (told !== undefined) throw told;
  throw new Problem({
    code: "backup-lost",
    exit: "infrastructure",
    message: `${item.name} is not at ${item.file}, and on no target (${context.plan.to.length} declared)`,
    fix: "put the file back from wherever you have it; names on targets are <site>/<service>/<id>.backup",
  });
}

function sourcesOf(context: BackupContext, item: SealedItem): readonly { readonly name: string; open(): Promise<Readable | undefined> }[] {
  const local = async () => {
    const found = await stat(item.file).catch(() => undefined);
    return found === undefined ? undefined : createReadStream(item.file);
  };
  const targets = openTargets(context).map((target) => ({
    name: target.name,
    open: async () => await target.get(targetKey(item), context.signal),
  }));
  return [{ name: "this machine", open: local }, ...targets];
}

async function read(
  context: BackupContext,
  item: SealedItem,
  stream: Readable,
  use: (content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const what = `${item.name} of ${item.site}/${item.service}`;
  const { digest, sizeBytes } = await readSealed(context, { what, name: item.name, stream, use });
  if (digest === item.digest && sizeBytes === item.sizeBytes) return;
  throw damaged(what, `it has ${sizeBytes} bytes and another digest than the ${item.sizeBytes} bytes that were written`);
}

export interface SealedReading {
  /** For messages. */
  readonly what: string;
  /** What the header has to say it is. */
  readonly name: string;
  readonly stream: Readable;
  readonly use: (content: AsyncIterable<Buffer>) => Promise<void>;
}

/** Reads to the end; what is returned is of a file that is whole. */
export async function readSealed(
  context: BackupContext,
  { what, name, stream, use }: SealedReading,
): Promise<{ readonly header: Unsealed["header"]; readonly digest: string; readonly sizeBytes: number }> {
  const digest = createHash("sha256");
  let sizeBytes = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      digest.update(bytes);
      sizeBytes += bytes.length;
      yield bytes;
    }
  }
  try {
    const { header, content } = await unseal(counted(), what, (fingerprint) => findBackupKey(context.store.home, fingerprint));
    if (header.name !== name) throw damaged(what, `the file is of ${header.name}`);
    await pipeline(Readable.from(content), createZstdDecompress(), (source: AsyncIterable<Buffer>) => use(source), {
      signal: context.signal,
    });
    return { header, digest: `sha256:${digest.digest("hex")}`, sizeBytes };
  } catch (error) {
    context.signal.throwIfAborted();
    throw isBrokenStream(error) ? damaged(what, `it cannot be read: ${error.message}`) : error;
  } finally {
    stream.destroy();
  }
}

/** A target's connection that broke off, or a disk that gives no more bytes. */
function isBrokenStream(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof Problem) return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    error.name === "TypeError" || ["EIO", "ECONNRESET", "UND_ERR_SOCKET", "UND_ERR_ABORTED", "ERR_STREAM_PREMATURE_CLOSE"].includes(code)
  );
}
