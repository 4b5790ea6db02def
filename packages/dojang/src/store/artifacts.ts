import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Problem } from "@dojang/model";
import type { Selectable } from "kysely";
import type { ArtifactTable } from "./artifact-tables.ts";
import { newId } from "./id.ts";
import type { Store } from "./store.ts";

/** A file that a run made and keeps. The bytes are once in DOJANG_HOME/artifacts/, named by their SHA-256, however many runs made the same. */
export interface Artifact {
  readonly run: string;
  readonly job?: string;
  readonly service?: string;
  /** Unique within the run: `out/report.json`, `image/api`. */
  readonly name: string;
  /** `sha256:` + hex. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly contentType?: string;
  readonly createdAt: number;
  /** Where the bytes are. Never write there. */
  readonly path: string;
}

export interface NewArtifact {
  readonly run: string;
  readonly job?: string;
  readonly service?: string;
  readonly name: string;
  readonly contentType?: string;
  /** A file's path, or the bytes. */
  readonly content: string | Uint8Array;
  /** 1 GiB unless said; more is a Problem `artifact-too-large`. */
  readonly limitBytes?: number;
  readonly signal?: AbortSignal;
}

const defaultLimitBytes = 1024 ** 3;

/** An artifact of the same run and name is replaced. */
export async function putArtifact(store: Store, artifact: NewArtifact): Promise<Artifact> {
  const folder = artifactsFolder(store);
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const { hash, sizeBytes } = await keepBytes(folder, artifact);
  const row = {
    job: artifact.job ?? null,
    service: artifact.service ?? null,
    digest: `sha256:${hash}`,
    size_bytes: sizeBytes,
    content_type: artifact.contentType ?? null,
  };
  const stored = await store.db
    .insertInto("artifact")
    .values({ run: artifact.run, name: artifact.name, ...row })
    .onConflict((conflict) => conflict.columns(["run", "name"]).doUpdateSet(row))
    .returningAll()
    .executeTakeFirstOrThrow();
  return toArtifact(store, stored);
}

export async function getArtifact(store: Store, of: { readonly run: string; readonly name: string }): Promise<Artifact | undefined> {
  const row = await store.db.selectFrom("artifact").selectAll().where("run", "=", of.run).where("name", "=", of.name).executeTakeFirst();
  return row && toArtifact(store, row);
}

export async function artifactsOfRun(store: Store, run: string): Promise<readonly Artifact[]> {
  const rows = await store.db.selectFrom("artifact").selectAll().where("run", "=", run).orderBy("name").execute();
  return rows.map((row) => toArtifact(store, row));
}

/** Removes files that no row names and that are older than an hour: a younger one may be on its way into a row. Returns the bytes freed. */
export async function sweepArtifacts(store: Store): Promise<number> {
  const folder = artifactsFolder(store);
  const names = await readdir(folder).catch(() => []);
  const rows = await store.db.selectFrom("artifact").select("digest").distinct().execute();
  const kept = new Set(rows.map((row) => row.digest.slice("sha256:".length)));
  const before = Date.now() - 3_600_000;
  let freed = 0;
  for (const name of names.filter((name) => !kept.has(name))) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found === undefined || found.mtimeMs > before) continue;
    await rm(join(folder, name), { force: true });
    freed += found.size;
  }
  return freed;
}

async function keepBytes(folder: string, artifact: NewArtifact): Promise<{ hash: string; sizeBytes: number }> {
  const half = join(folder, `${newId()}.half`);
  const hash = createHash("sha256");
  const limit = artifact.limitBytes ?? defaultLimitBytes;
  let sizeBytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      done(sizeBytes > limit ? tooLarge(artifact.name, limit) : null, chunk);
    },
  });
  try {
    const source = typeof artifact.content === "string" ? createReadStream(artifact.content) : Readable.from([artifact.content]);
    await pipeline(source, measure, createWriteStream(half, { mode: 0o644, flush: true }), { signal: artifact.signal });
    const digest = hash.digest("hex");
    await chmod(half, 0o444);
    await rename(half, join(folder, digest));
    return { hash: digest, sizeBytes };
  } finally {
    await rm(half, { force: true });
  }
}

function artifactsFolder(store: Store): string {
  return join(store.home, "artifacts");
}

function toArtifact(store: Store, row: Selectable<ArtifactTable>): Artifact {
  return {
    run: row.run,
    job: row.job ?? undefined,
    service: row.service ?? undefined,
    name: row.name,
    digest: row.digest,
    sizeBytes: row.size_bytes,
    contentType: row.content_type ?? undefined,
    createdAt: row.created_at,
    path: join(artifactsFolder(store), row.digest.slice("sha256:".length)),
  };
}

function tooLarge(name: string, limitBytes: number): Problem {
  return new Problem({
    code: "artifact-too-large",
    message: `artifact ${name} is larger than ${limitBytes} bytes`,
    fix: "keep less, or raise the limit of the artifact in dojang.yml",
    exit: "configuration",
  });
}
