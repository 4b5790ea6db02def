import type { Readable } from "node:stream";
import type { BackupTarget as TargetPlan } from "@dojang/model";
import type { BackupContext } from "./backup-context.ts";
import { folderTarget } from "./folder-target.ts";
import { s3Target } from "./s3-target.ts";

/**
 * A place for copies. `put` resolves when the place holds the whole file and said so; the same name may be put twice. Everything
 * rejects with a Problem that says what the place answered.
 */
export interface CopyTarget {
  /** `file:///mnt/backups`, `s3://bucket/prefix`: what it is called in the store, so it holds no secret. */
  readonly name: string;
  put(
    file: string,
    as: { readonly key: string; readonly sizeBytes: number; readonly digest: string; readonly signal: AbortSignal },
  ): Promise<void>;
  /** Undefined when it is not there. */
  get(key: string, signal: AbortSignal): Promise<Readable | undefined>;
  /** Bytes it has there; undefined when it is not there. */
  size(key: string, signal: AbortSignal): Promise<number | undefined>;
  remove(key: string, signal: AbortSignal): Promise<void>;
  list(prefix: string, signal: AbortSignal): Promise<readonly { readonly key: string; readonly sizeBytes: number }[]>;
  /** What is doubtful about the place although it works. */
  warning?(): Promise<string | undefined>;
}

export function openTargets(context: Pick<BackupContext, "plan" | "variables">): readonly CopyTarget[] {
  return context.plan.to.map((target) => openTarget(target, context.variables));
}

export function targetName(target: TargetPlan): string {
  return target.kind === "folder" ? `file://${target.folder}` : `s3://${target.bucket}/${target.prefix}`.replace(/\/$/, "");
}

function openTarget(target: TargetPlan, variables: Readonly<Record<string, string>>): CopyTarget {
  const name = targetName(target);
  return target.kind === "folder" ? folderTarget(name, target.folder) : s3Target(name, target, variables);
}
