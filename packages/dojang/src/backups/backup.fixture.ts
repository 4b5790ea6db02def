import { backupPlan } from "@dojang/model";
import { HostRuntime } from "@dojang/runtime";
import { openStore } from "../store/store.ts";
import type { BackupContext } from "./backup-context.ts";
import { liveVolumeFolder, postgresService } from "./backup-harness.ts";
import { restoreGeneration } from "./restore-generation.ts";
import { takeBackup } from "./take-backup.ts";

/** For tests: saves or restores as a process of its own, to be killed: `node backup.fixture.ts <home> <site> <save|restore> [backup]`. */
const [home = "", site = "", what = "", backup = ""] = process.argv.slice(2);
const signal = new AbortController().signal;
const store = await openStore({ home, signal });
const context: BackupContext = {
  store,
  runtime: new HostRuntime({ home }),
  site,
  project: "todo",
  environmentId: `${site}-data`,
  services: [postgresService],
  plan: backupPlan.parse({ services: ["postgres"] }),
  volumeFolder: liveVolumeFolder(home, site),
  variables: {},
  signal,
};
if (what === "save") await takeBackup(context, { service: "postgres", reason: "to be killed" });
else await restoreGeneration(context, { backup });
await store.close();
