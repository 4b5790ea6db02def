import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { newId } from "../store/id.ts";

/** A folder that nginx's workers, who are nobody, may pass through but not list, whatever the umask says. */
export async function makeOpenFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  await chmod(folder, 0o711);
}

/** A folder for this user alone: keys. */
export async function makeClosedFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

/** Readers see the former file or this one, never half of it. Everybody may read it unless `mode` says otherwise. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  const temporary = `${path}.${newId()}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await chmod(temporary, mode);
  await rename(temporary, path);
}
