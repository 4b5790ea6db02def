import { Problem } from "./problem.ts";

interface Answer {
  readonly message: string;
  readonly fix: string;
}

const forbidden: Answer = { message: "this user may not use it", fix: "give this user the right to it, or name another place" };

/** What the system answers when files cannot be had, and what to do about it. By its code, for its words differ. */
const answers: Readonly<Record<string, Answer>> = {
  EACCES: forbidden,
  EPERM: forbidden,
  EROFS: { message: "it lies on a disk that can only be read", fix: "name a place that can be written to" },
  ENOSPC: { message: "the disk is full", fix: "make room, or name a place on another disk" },
  EDQUOT: { message: "this user's share of the disk is used up", fix: "make room, or name a place on another disk" },
  ENOTDIR: { message: "a part of it is a file, and no folder", fix: "name a place in a folder" },
  EISDIR: { message: "it is a folder, and a file is needed", fix: "name a file" },
  ELOOP: { message: "its links lead in a circle", fix: "mend the links, or name another place" },
  ENAMETOOLONG: { message: "its name is longer than the system permits", fix: "name a place with a shorter path" },
  EMFILE: { message: "too many files are open", fix: "raise the limit: ulimit -n 4096" },
};

/** A file that is missing, or there already, may be our bug; a folder that cannot be made is the place's. By code and call. */
const ofFolders: Readonly<Record<string, Answer>> = {
  "ENOENT mkdir": { message: "no folder can be made there", fix: "name a place where one can be made" },
  "EEXIST mkdir": { message: "it is a file, and a folder is needed", fix: "name a folder" },
  "ENOENT mkdtemp": {
    message: "the folder for temporary files is not there",
    fix: "make it, or name another: TMPDIR=/tmp",
  },
};

/** A Problem in place of what the system refused about a file: that is nobody's bug. Undefined for everything else. */
export function systemFailure(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("path" in error)) return undefined;
  const { code, path } = error;
  const answer = answerTo(code, "syscall" in error ? error.syscall : undefined);
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

function answerTo(code: unknown, call: unknown): Answer | undefined {
  if (typeof code !== "string") return undefined;
  const key = `${code} ${call}`;
  if (Object.hasOwn(ofFolders, key)) return ofFolders[key];
  return Object.hasOwn(answers, code) ? answers[code] : undefined;
}
