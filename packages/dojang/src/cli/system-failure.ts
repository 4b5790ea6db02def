import { Problem } from "@dojang/model";

/** What the system answers when files cannot be had, and what to do about it. By its code, for its words differ. */
const answers: Readonly<Record<string, { readonly message: string; readonly fix: string }>> = {
  EACCES: { message: "this user may not use it", fix: "give this user the right to it, or name another place" },
  EPERM: { message: "this user may not use it", fix: "give this user the right to it, or name another place" },
  EROFS: { message: "it lies on a disk that can only be read", fix: "name a place that can be written to" },
  ENOSPC: { message: "the disk is full", fix: "make room, or name a place on another disk" },
  EDQUOT: { message: "this user's share of the disk is used up", fix: "make room, or name a place on another disk" },
  ENOTDIR: { message: "a part of it is a file, and no folder", fix: "name a place in a folder" },
  EISDIR: { message: "it is a folder, and a file is needed", fix: "name a file" },
  EMFILE: { message: "too many files are open", fix: "raise the limit: ulimit -n 4096" },
};

/** A Problem in place of what the system refused about a file: that is nobody's bug. Undefined for everything else. */
export function systemFailure(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("path" in error)) return undefined;
  const { code, path } = error;
  const answer = typeof code === "string" && Object.hasOwn(answers, code) ? answers[code] : undefined;
  if (answer === undefined || typeof path !== "string") return undefined;
  const place = "dest" in error && typeof error.dest === "string" ? error.dest : path;
  return new Problem({
    code: "file-refused",
    message: `${place}: ${answer.message} (${code})`,
    fix: answer.fix,
    exit: "infrastructure",
    place: { file: place },
    cause: error,
  });
}
