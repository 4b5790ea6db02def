import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { shelvedTree } from "./artifact-shelf.ts";
import type { Release } from "./release.ts";

/** What of its files is not there. */
export async function missingFiles(home: string, { folders, manifest }: Pick<Release, "folders" | "manifest">): Promise<readonly string[]> {
  const trees = manifest.artifacts.map(({ digest }) => shelvedTree(home, digest));
  const needed = [folders.manifest, folders.source, join(folders.workspace, "tree"), ...trees];
  const found = await Promise.all(
    needed.map((path) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return needed.filter((_, index) => !found[index]);
}

/** Throws Problem `release-removed`. */
export async function checkWhole(home: string, release: Release): Promise<void> {
  const [gone] = await missingFiles(home, release);
  if (release.removedAt === undefined && gone === undefined) return;
  throw new Problem({
    code: "release-removed",
    message: `the files of release ${release.id} are gone${gone === undefined ? "" : `: ${gone}`}`,
    fix: `make it again of ${release.commit?.slice(0, 10) ?? "its sources"}: it gets a new number`,
    exit: "configuration",
  });
}
