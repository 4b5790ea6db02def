import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { Problem } from "@dojang/model";
import type { BackupKey } from "./backup-key.ts";

/**
 * The format of every file that backups are kept in, the same on this machine and on targets. It can be read with the key alone,
 * without a database:
 *
 *   "DOJANG-BACKUP 1\n"
 *   4 bytes, big endian: length of the header
 *   header: JSON of SealedHeader, not secret (what it is, whose key, the salt)
 *   chunks: AES-256-GCM of 1 MiB each, the last one shorter or empty, each followed by its tag of 16 bytes
 *
 * The file's own key is HKDF-SHA256(backup key, salt, "dojang backup 1"), so a nonce never repeats under a key: it is seven zero
 * bytes, the chunk's number in four, and one byte that is 1 for the last chunk alone. The associated data of every chunk is the
 * SHA-256 of all before the first. So a chunk cannot be changed, moved, repeated or left out, and a file that was cut is known by
 * its end. (The construction is STREAM of Hoang, Reyhanitabar, Rogaway, Vizar 2015, as age uses it.)
 *
 * What is inside the chunks is zstd; inside of it is a tar archive, or for PostgreSQL's log the bytes of a segment.
 */
export interface SealedHeader {
  readonly kind: string;
  readonly site: string;
  readonly service: string;
  readonly name: string;
  readonly startedAt: number;
  /** Of a segment: times of the marks that lie in it. */
  readonly marks?: readonly number[];
}

interface WrittenHeader extends SealedHeader {
  readonly key: string;
  readonly salt: string;
}

const magic = Buffer.from("DOJANG-BACKUP 1\n");
const chunkBytes = 1024 * 1024;
const tagBytes = 16;
const longestHeaderBytes = 64 * 1024;

export class Sealer extends Transform {
  readonly #header: Buffer;
  readonly #keyBytes: Buffer;
  readonly #associated: Buffer;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #number = 0;
  #begun = false;

  constructor(key: BackupKey, header: SealedHeader) {
    super();
    const salt = randomBytes(32);
    const written: WrittenHeader = { ...header, key: key.fingerprint, salt: salt.toString("base64url") };
    this.#header = preamble(Buffer.from(JSON.stringify(written)));
    this.#associated = createHash("sha256").update(this.#header).digest();
    this.#keyBytes = fileKey(key, salt);
  }

  override _transform(data: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#begin();
    this.#pending.push(data);
    this.#pendingBytes += data.length;
    // One more byte than a chunk: the last chunk is only known when nothing follows.
    if (this.#pendingBytes > chunkBytes) this.#flushChunks();
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#begin();
    this.#seal(Buffer.concat(this.#pending), true);
    done();
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.push(this.#header);
  }

  #flushChunks(): void {
    let all = Buffer.concat(this.#pending);
    while (all.length > chunkBytes) {
      this.#seal(all.subarray(0, chunkBytes), false);
      all = all.subarray(chunkBytes);
    }
    this.#pending = [all];
    this.#pendingBytes = all.length;
  }

  #seal(plain: Buffer, isLast: boolean): void {
    const cipher = createCipheriv("aes-256-gcm", this.#keyBytes, nonce(this.#number++, isLast));
    cipher.setAAD(this.#associated);
    this.push(cipher.update(plain));
    cipher.final();
    this.push(cipher.getAuthTag());
  }
}

export interface Unsealed {
  readonly header: SealedHeader & { readonly key: string };
  /** Every byte of it is authenticated before it is given out; the last one only when the file is whole. */
  readonly content: AsyncGenerator<Buffer>;
}

/** Reads the header, then the rest as it is asked for. Problem `backup-damaged`, or what `keyOf` throws for a key that is not there. */
export async function unseal(
  source: AsyncIterable<Buffer>,
  what: string,
  keyOf: (fingerprint: string) => Promise<BackupKey>,
): Promise<Unsealed> {
  const reader = new ByteReader(source);
  const start = await reader.take(magic.length + 4);
  if (!start.subarray(0, magic.length).equals(magic)) throw damaged(what, "it does not begin as a backup does");
  const length = start.length < magic.length + 4 ? -1 : start.readUInt32BE(magic.length);
  if (length < 2 || length > longestHeaderBytes) throw damaged(what, "its header is broken");
  const headerBytes = await reader.take(length);
  const header = parseHeader(headerBytes, what);
  const key = await keyOf(header.key);
  const associated = createHash("sha256").update(preamble(headerBytes)).digest();
  return { header, content: chunks({ reader, what, associated, keyBytes: fileKey(key, Buffer.from(header.salt, "base64url")) }) };
}

async function* chunks(from: {
  readonly reader: ByteReader;
  readonly what: string;
  readonly associated: Buffer;
  readonly keyBytes: Buffer;
}): AsyncGenerator<Buffer> {
  for (let number = 0; ; number++) {
    const piece = await from.reader.take(chunkBytes + tagBytes);
    const isLast = await from.reader.isAtEnd();
    if (piece.length < tagBytes) throw damaged(from.what, `it ends within chunk ${number + 1}`);
    const decipher = createDecipheriv("aes-256-gcm", from.keyBytes, nonce(number, isLast));
    decipher.setAAD(from.associated);
    decipher.setAuthTag(piece.subarray(piece.length - tagBytes));
    const plain = decipher.update(piece.subarray(0, piece.length - tagBytes));
    try {
      decipher.final();
    } catch {
      throw damaged(from.what, `chunk ${number + 1} ${isLast ? "was changed, or the file was cut after it" : "was changed"}`);
    }
    yield plain;
    if (isLast) return;
  }
}

function preamble(header: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([magic, length, header]);
}

function fileKey(key: BackupKey, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", key.bytes, salt, "dojang backup 1", 32));
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(number, 7);
  bytes[11] = isLast ? 1 : 0;
  return bytes;
}

function parseHeader(bytes: Buffer, what: string): WrittenHeader {
  try {
    const header: Partial<WrittenHeader> = JSON.parse(bytes.toString("utf8"));
    // What else it says is authenticated by the first chunk.
    if (typeof header.key === "string" && typeof header.salt === "string") return header as WrittenHeader;
  } catch {
    // Told below.
  }
  throw damaged(what, "its header is broken");
}

export function damaged(what: string, how: string): Problem {
  return new Problem({
    code: "backup-damaged",
    exit: "infrastructure",
    message: `backup ${what} is damaged: ${how}`,
    fix: "take another copy of it (a target), or an older backup; check the disk it lay on",
  });
}

/** Pieces of a wanted length from a stream of whatever lengths. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #ended = false;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Shorter only at the end. */
  async take(bytes: number): Promise<Buffer> {
    while (this.#heldBytes < bytes && (await this.#more())) {
      // Until there is enough.
    }
    const all = Buffer.concat(this.#held);
    this.#held = [all.subarray(bytes)];
    this.#heldBytes = Math.max(0, all.length - bytes);
    return all.subarray(0, bytes);
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#heldBytes === 0) if (!(await this.#more())) return true;
    return false;
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const next = await this.#source.next();
    if (next.done === true) {
      this.#ended = true;
      return false;
    }
    this.#held.push(next.value);
    this.#heldBytes += next.value.length;
    return true;
  }
}
