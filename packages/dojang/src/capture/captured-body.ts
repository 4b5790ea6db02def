import { createHash } from "node:crypto";
import { promisify } from "node:util";
import zlib from "node:zlib";
import type { BodyRef } from "@dojang/model";
import type { Redactor } from "./redaction.ts";

/** The kept bytes of a body, decoded from its Content-Encoding and redacted, under the hash a BodyRef names. */
export interface CapturedBody {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** Watches a body go by: counts all of it, keeps the first `capBytes`. */
export class BodyTap {
  readonly #capBytes: number;
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #sizeBytes = 0;

  constructor(capBytes: number) {
    this.#capBytes = capBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get truncated(): boolean {
    return this.#sizeBytes > this.#keptBytes;
  }

  see(chunk: Uint8Array): void {
    this.#sizeBytes += chunk.byteLength;
    const room = this.#capBytes - this.#keptBytes;
    if (room <= 0) return;
    const kept = chunk.byteLength <= room ? chunk : chunk.subarray(0, room);
    // A copy: the chunk may be a view of a large pooled buffer that would otherwise live as long as the capture.
    this.#kept.push(Uint8Array.prototype.slice.call(kept));
    this.#keptBytes += kept.byteLength;
  }

  take(): Uint8Array {
    return Buffer.concat(this.#kept);
  }
}

export interface BodyDescription {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly capBytes: number;
  readonly redact: Redactor;
}

/** Undefined when nothing went over the wire. Never throws: a body that cannot be decoded is kept as it came. */
export async function finishBody(tap: BodyTap, about: BodyDescription): Promise<{ ref: BodyRef; body: CapturedBody } | undefined> {
  if (tap.sizeBytes === 0) return undefined;
  const decoded = await decode(tap.take(), about);
  const bytes = isText(about.contentType, decoded.bytes) ? redactBytes(decoded.bytes, about.redact) : decoded.bytes;
  const hash = hashBytes(bytes);
  const ref: BodyRef = {
    hash,
    sizeBytes: tap.sizeBytes,
    truncated: tap.truncated || decoded.truncated,
    ...(about.contentType === undefined ? {} : { contentType: about.contentType }),
  };
  return { ref, body: { hash, bytes } };
}

export function hashBytes(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const gunzip = promisify(zlib.gunzip as (bytes: Uint8Array, options: zlib.ZlibOptions, done: ZlibDone) => void);
const inflate = promisify(zlib.inflate as (bytes: Uint8Array, options: zlib.ZlibOptions, done: ZlibDone) => void);
const unbrotli = promisify(zlib.brotliDecompress as (bytes: Uint8Array, options: zlib.BrotliOptions, done: ZlibDone) => void);
const unzstd = promisify(zlib.zstdDecompress as (bytes: Uint8Array, options: zlib.ZstdOptions, done: ZlibDone) => void);

type ZlibDone = (error: Error | null, result: Buffer) => void;

async function decode(bytes: Uint8Array, about: BodyDescription): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  // Bounded twice over: the input is at most capBytes, and a body that unpacks to far more than that is kept packed.
  const maxOutputLength = Math.max(about.capBytes * 8, 1 << 20);
  const cut = (result: Uint8Array) => ({ bytes: result.subarray(0, about.capBytes), truncated: result.byteLength > about.capBytes });
  try {
    const c = zlib.constants;
    switch (about.contentEncoding?.trim().toLowerCase()) {
      case "gzip":
      case "x-gzip":
        return cut(await gunzip(bytes, { finishFlush: c.Z_SYNC_FLUSH, maxOutputLength }));
      case "deflate":
        return cut(await inflate(bytes, { finishFlush: c.Z_SYNC_FLUSH, maxOutputLength }));
      case "br":
        return cut(await unbrotli(bytes, { finishFlush: c.BROTLI_OPERATION_FLUSH, maxOutputLength }));
      case "zstd":
        return cut(await unzstd(bytes, { finishFlush: c.ZSTD_e_flush, maxOutputLength }));
      default:
        return { bytes, truncated: false };
    }
  } catch {
    return { bytes, truncated: false };
  }
}

/** By its type, or, for a body that names none, by holding no NUL byte. */
function isText(contentType: string | undefined, bytes: Uint8Array): boolean {
  if (contentType === undefined) return !bytes.subarray(0, 1024).includes(0);
  return /^(?:text\/|multipart\/|application\/(?:[\w.+-]*json|[\w.+-]*xml|x-www-form-urlencoded|graphql|(?:x-)?(?:java|ecma)script|x-ndjson|[\w.+-]*yaml))/i.test(
    contentType,
  );
}

/** Only rewrites when something was redacted: bytes that are not valid UTF-8 stay as they are. */
function redactBytes(bytes: Uint8Array, redact: Redactor): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const redacted = redact.text(text);
  return redacted === text ? bytes : Buffer.from(redacted, "latin1");
}
