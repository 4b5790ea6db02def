import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { environmentExists } from "../runtime-problems.ts";
import { identify } from "../supervision/process-tree.ts";
import { bootId, type HostFolder, type HostMark, hostHome, writeWhole } from "./host-folder.ts";

/** Making the folder is what claims the id: of two at once, one gets Problem `environment-exists`. */
export async function claimFolder(paths: HostFolder, mark: Omit<HostMark, "starter" | "boot">): Promise<void> {
  await mkdir(join(paths.folder, ".."), { recursive: true, mode: 0o711 });
  for (const path of [hostHome(paths.home), join(paths.folder, "..")]) await chmod(path, 0o711);
  await mkdir(paths.folder, { mode: 0o711 }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EEXIST" ? environmentExists(paths.id) : error;
  });
  await writeWhole(paths.mark, { ...mark, starter: await identify(process.pid), boot: await bootId() });
  await mkdir(join(paths.control, ".."), { mode: 0o700 });
  await mkdir(paths.sockets, { mode: 0o700 });
  for (const folder of [paths.logs, paths.services, paths.volumes]) await mkdir(folder, { mode: 0o711 });
}
