import type { BackupFigure, BackupFigures } from "../store/backup-tables.ts";
import type { BackupEngine, RestoredServer, Saved, SaveRequest } from "./backup-engine.ts";
import { measureTree, saveTree } from "./save-tree.ts";
import { volumesOf } from "./service-data.ts";

const note =
  "files were copied one after the other while the service ran: what belongs together may be of different moments, as after a crash";

/** A service nothing is known of: its volumes as they are, crash-consistent at best. */
export const filesEngine: BackupEngine = {
  kind: "files",
  provenBy: "files",
  save: saveVolumes,
  place: (path, service) => {
    const [, volume = "", rest = ""] = /^volumes\/([^/]+)\/(.*)$/.exec(path) ?? [];
    return volumesOf(service).some((mount) => mount.volume === volume) ? { volume, path: rest } : undefined;
  },
  measure: measureVolumes,
};

async function saveVolumes({ context, service, tar, signal }: SaveRequest): Promise<Saved> {
  const figures: BackupFigure[] = [];
  const notes = [note];
  for (const { volume } of volumesOf(service)) {
    const saved = await saveTree(context.volumeFolder(volume), tar, { as: `volumes/${volume}`, signal });
    figures.push({ name: `volume ${volume}`, rows: [saved.files, saved.files], checksum: saved.digest });
    if (saved.vanished > 0) notes.push(`volume ${volume}: ${saved.vanished} files vanished while it was copied`);
  }
  return { figures: { compared: "exact", figures, notes } };
}

/** Before any service runs on it: what was unpacked is what was packed. */
async function measureVolumes({ service, volumes, signal }: RestoredServer): Promise<BackupFigures> {
  const figures: BackupFigure[] = [];
  for (const { volume } of volumesOf(service)) {
    const { files, digest } = await measureTree(volumes[volume] ?? "", signal);
    figures.push({ name: `volume ${volume}`, rows: [files, files], checksum: digest });
  }
  return { compared: "exact", figures, notes: [note] };
}
