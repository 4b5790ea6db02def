import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { MigrationSet } from "./release-manifest.ts";

const folderNames =
  /(^|\/)(migrations?|db\/migrate|db\/migration|prisma\/migrations|alembic\/versions|migrations\/versions|drizzle|liquibase|changelog)$/;
const fileNames = /\.(sql|js|cjs|mjs|ts|cts|mts|py|rb|php|go|xml|ya?ml)$/;

/** Files that change a database, by the folders that tools of many languages keep them in. */
export async function migrationSets(source: string, paths: readonly string[]): Promise<readonly MigrationSet[]> {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const folder = migrationFolder(dirname(path));
    if (folder === undefined || !fileNames.test(path) || basename(path).startsWith("__init__")) continue;
    folders.set(folder, [...(folders.get(folder) ?? []), path]);
  }
  return Promise.all(
    [...folders]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(async ([folder, files]) => ({
        folder,
        files: await Promise.all(
          files.sort().map(async (path) => ({
            name: path.slice(folder.length + 1),
            digest: createHash("sha256")
              .update(await readFile(join(source, path)))
              .digest("hex"),
          })),
        ),
      })),
  );
}

/** The folder itself or one above it: Prisma keeps each migration in a folder of its own. */
function migrationFolder(folder: string): string | undefined {
  for (let part = folder; part !== "." && part !== "/"; part = dirname(part)) if (folderNames.test(part)) return part;
  return undefined;
}
