import type { BackupKind } from "../store/backup-tables.ts";
import type { BackupEngine } from "./backup-engine.ts";
import { filesEngine } from "./files-engine.ts";
import { mysqlEngine } from "./mysql-engine.ts";
import { postgresEngine } from "./postgres-engine.ts";
import { redisEngine } from "./redis-engine.ts";

const engines: Readonly<Record<BackupKind, BackupEngine>> = {
  postgres: postgresEngine,
  mysql: mysqlEngine,
  redis: redisEngine,
  files: filesEngine,
};

export function engineOf(kind: BackupKind): BackupEngine {
  return engines[kind];
}
