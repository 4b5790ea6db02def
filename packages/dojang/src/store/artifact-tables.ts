import type { Generated } from "kysely";

export interface ArtifactTable {
  run: string;
  job: string | null;
  service: string | null;
  name: string;
  digest: string;
  size_bytes: number;
  content_type: string | null;
  created_at: Generated<number>;
}

export interface CacheTable {
  namespace: string;
  key: string;
  folder: string;
  size_bytes: number;
  created_at: Generated<number>;
  used_at: Generated<number>;
}
