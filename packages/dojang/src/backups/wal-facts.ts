import { join } from "node:path";
import type { Store } from "../store/store.ts";
import type { SegmentFile } from "./copy-to-targets.ts";
import { listBackups } from "./list-backups.ts";
import type { WalFacts } from "./wal-window.ts";

export interface ServiceOfSite {
  readonly site: string;
  readonly service: string;
}

export async function listSegments(store: Store, { site, service }: ServiceOfSite): Promise<readonly SegmentFile[]> {
  const rows = await store.db
    .selectFrom("wal_segment")
    .selectAll()
    .where("site", "=", site)
    .where("service", "=", service)
    .where("removed_at", "is", null)
    .orderBy("name")
    .execute();
  return rows.map(({ name, file, digest, copies, size_bytes }) => ({
    ...{ site, service, name, digest, copies },
    file: join(store.home, file),
    sizeBytes: size_bytes,
  }));
}

/** What `planRecovery` decides by. */
export async function readWalFacts(store: Store, of: ServiceOfSite): Promise<WalFacts> {
  const bases = (await listBackups(store, of)).filter((backup) => backup.wal !== undefined);
  const segments = await listSegments(store, of);
  const { site, service } = of;
  const marks = await store.db
    .selectFrom("wal_mark")
    .select(["at", "segment"])
    .where("site", "=", site)
    .where("service", "=", service)
    .orderBy("at")
    .execute();
  return { bases, segments: segments.map((segment) => segment.name), marks };
}
