import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import type { BodyRef } from "@dojang/model";
import { sql } from "kysely";
import { retryWhenLost } from "./lost-connection.ts";
import type { Store } from "./store.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** What is kept of a body unless the caller caps it lower. */
export const bodyLimitBytes = 1024 * 1024;
/** Below this, zstd's frame costs more than it spares. */
const worthCompressingBytes = 128;

export interface NewBody {
  readonly bytes: Uint8Array;
  /** On the wire, when the bytes were capped already. */
  readonly sizeBytes?: number;
  readonly contentType?: string;
  /** At most `bodyLimitBytes`. */
  readonly limitBytes?: number;
}

/** Keeps a body once, however often it is sent, and says how to refer to it. */
export async function putBody(store: Store, body: NewBody): Promise<BodyRef> {
  const limit = Math.min(body.limitBytes ?? bodyLimitBytes, bodyLimitBytes);
  const kept = body.bytes.length > limit ? body.bytes.subarray(0, limit) : body.bytes;
  const sizeBytes = body.sizeBytes ?? body.bytes.length;
  const hash = createHash("sha256").update(kept).digest("hex");
  const known = await store.db.selectFrom("body").select("hash").where("hash", "=", hash).executeTakeFirst();
  if (known === undefined) await insertBody(store, hash, kept);
  return { hash, sizeBytes, truncated: kept.length < sizeBytes, contentType: body.contentType };
}

/** Undefined when it was never kept, or swept. */
export async function getBody(store: Store, hash: string): Promise<Uint8Array | undefined> {
  return (await getBodies(store, [hash])).get(hash);
}

export async function getBodies(store: Store, hashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const bodies = new Map<string, Uint8Array>();
  const wanted = [...new Set(hashes)];
  const atOnce = 200;
  for (let from = 0; from < wanted.length; from += atOnce) {
    const rows = await store.db
      .selectFrom("body")
      .select(["hash", "encoding", "data"])
      .where("hash", "in", wanted.slice(from, from + atOnce))
      .execute();
    for (const row of rows) bodies.set(row.hash, row.encoding === "zstd" ? await decompress(row.data) : row.data);
  }
  return bodies;
}

/** Removes bodies that no transaction or outside call refers to and that are older than an hour: a younger one may belong to one still to come. */
export async function sweepBodies(store: Store): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from body where created_at < now_ms() - 3600000
      and not exists (select 1 from transaction where request_body ->> 'hash' = body.hash)
      and not exists (select 1 from transaction where response_body ->> 'hash' = body.hash)
      and not exists (select 1 from outside_call where request_body ->> 'hash' = body.hash)
      and not exists (select 1 from outside_call where response_body ->> 'hash' = body.hash)`.execute(store.db);
  return Number(numAffectedRows ?? 0n);
}

async function insertBody(store: Store, hash: string, bytes: Uint8Array): Promise<void> {
  const packed =
    bytes.length < worthCompressingBytes ? undefined : await compress(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  const smaller = packed !== undefined && packed.length < bytes.length;
  const row = {
    hash,
    encoding: smaller ? ("zstd" as const) : ("plain" as const),
    size_bytes: bytes.length,
    data: smaller ? packed : Buffer.from(bytes),
  };
  await retryWhenLost(() =>
    store.db
      .insertInto("body")
      .values(row)
      .onConflict((conflict) => conflict.column("hash").doNothing())
      .execute(),
  );
}
