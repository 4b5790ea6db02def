import { createHash } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { own } from "./pod-folder.ts";

/** The folder in which the builds of one trust keep what they fetched. Guests write it, so nobody else's builds read it. */
export async function makeCache(home: string, namespace: string): Promise<string> {
  const name = createHash("sha256").update(namespace).digest("hex").slice(0, 16);
  const folder = join(home, "package-caches", name);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await chmod(folder, 0o755);
  await own(folder);
  return folder;
}
