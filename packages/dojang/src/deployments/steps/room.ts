import { Problem } from "@dojang/model";
import { listBackups } from "../../backups/list-backups.ts";
import { releasesHome } from "../../releases/release.ts";
import type { ResolvedRelease } from "../../sites/resolved-release.ts";
import { liveVolume } from "../../sites/site-folder.ts";
import { volumesOf } from "../../sites/site-spec.ts";
import { freeBytes, isDiskFull, tellDisks, treeBytes } from "../../store/disk-room.ts";
import { leastRoomBytes } from "../../store/state-room.ts";
import type { DeploymentFacts } from "../deployment-plan.ts";
import type { DeploymentStep } from "../perform-deployment.ts";
import type { StepOptions } from "./step-options.ts";

const mib = 1024 * 1024;

/** Throws Problem `disk-short` where the deployment, its backup and the copy on which that is tried would not have room. Resolves with what is left. */
export async function checkRoom({ work, plan }: StepOptions, former: ResolvedRelease | undefined): Promise<number> {
  const { site } = work;
  const free = await freeBytes(site.home);
  const floor = { bytes: plan.freeDiskBytes, why: `${inMib(plan.freeDiskBytes)} by free-disk` };
  if (free < floor.bytes) throw diskShort(site, { folder: site.home, free, needs: [floor] });
  const saving = former === undefined ? 0 : await savingBytes({ work, plan }, former);
  const beside = await freeBytes(site.folder);
  const copies = { bytes: saving, why: `${inMib(saving)} for the backup and the copy on which it is tried` };
  if (beside < floor.bytes + saving)
    throw diskShort(site, { folder: site.folder, free: beside, needs: saving > 0 ? [floor, copies] : [floor] });
  return free;
}

/** What is saved is restored as large as it is; a backup is about as large as the one before. */
async function savingBytes({ work, plan }: StepOptions, former: ResolvedRelease): Promise<number> {
  const { site, context } = work;
  let sum = 0;
  for (const service of plan.backup?.before ?? []) {
    const volumes = volumesOf(former.services.data.filter(({ name }) => name === service));
    let live = 0;
    for (const volume of volumes) live += await treeBytes(`${liveVolume(site, volume)}/`);
    const [newest] = await listBackups(context.store, { site: site.id, service });
    sum += live + (newest?.sizeBytes ?? live);
  }
  return sum;
}

/** The same step; when it fails for want of room, that is what is told, and how much there is and must be. */
export function tellingFullDisk(
  step: DeploymentStep<DeploymentFacts>,
  { work: { site }, plan }: StepOptions,
): DeploymentStep<DeploymentFacts> {
  return {
    ...step,
    async run(stepWork) {
      try {
        return await step.run(stepWork);
      } catch (error) {
        const folders = [site.home, site.folder, releasesHome(site.home)];
        // A database ends where its log cannot grow, and what is seen of it is a lost connection.
        if (stepWork.signal.aborted || isTold(error) || !(isDiskFull(error) || (await isAnyFull(folders)))) throw error;
        const disks = await tellDisks(folders);
        throw new Problem({
          code: "disk-full",
          message: `a disk was full: ${disks} (free-disk wants ${inMib(plan.freeDiskBytes)}); ${error instanceof Error ? error.message : String(error)}`,
          fix: freeSome(site.project),
          exit: "infrastructure",
          cause: error,
        });
      }
    },
  };
}

/** By the step itself, or by the store. */
function isTold(error: unknown): boolean {
  return error instanceof Problem && (error.code === "disk-short" || error.code === "disk-full");
}

/** So little is left that it must be what a step failed by. */
async function isAnyFull(folders: readonly string[]): Promise<boolean> {
  const free = await Promise.all(folders.map((folder) => freeBytes(folder).catch(() => Infinity)));
  return Math.min(...free) < leastRoomBytes;
}

interface Shortage {
  readonly folder: string;
  readonly free: number;
  readonly needs: readonly { readonly bytes: number; readonly why: string }[];
}

function diskShort({ project }: { readonly project: string }, { folder, free, needs }: Shortage): Problem {
  const needed = needs.reduce((sum, { bytes }) => sum + bytes, 0);
  return new Problem({
    code: "disk-short",
    message: `${inMib(free)} are left on the disk of ${folder}, and ${inMib(needed)} must be: ${needs.map(({ why }) => why).join(", ")}`,
    fix: freeSome(project),
    exit: "infrastructure",
  });
}

function freeSome(project: string): string {
  return `free some: \`dojang releases prune --project ${project}\` removes former releases, \`df -h\` shows what else fills it; then deploy again`;
}

function inMib(bytes: number): string {
  return `${Math.floor(bytes / mib)} MiB`;
}
