import { createHash } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { makeFolders } from "@dojang/runtime";
import { z } from "zod";

/**
 * Answers that were paid for, a file for each request: named by a hash of method, path and body, with the keys of the body in order. Headers
 * are no part of it, so no key is, and neither is the host. A file is whole or not there, and on the disk before anyone is told the answer:
 * a process that is killed and started again is given what it had.
 */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** JSON. */
  readonly body: unknown;
}

export interface RecordedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const format = 1;
const keptHeaders = ["content-type", "request-id", "x-request-id"];

const fileSchema = z.object({
  format: z.literal(format),
  request: z.object({ method: z.string(), path: z.string(), body: z.unknown() }),
  answer: z.object({ status: z.number(), headers: z.record(z.string(), z.string()), body: z.unknown() }),
});

export function requestHash({ method, path, body }: RecordedRequest): string {
  return createHash("sha256")
    .update(`${method}\n${path}\n${canonicalJson(body)}`)
    .digest("hex")
    .slice(0, 32);
}

export async function readAnswer(folder: string, request: RecordedRequest): Promise<RecordedAnswer | undefined> {
  const file = join(folder, `${requestHash(request)}.json`);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const parsed = fileSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.answer;
  throw new Problem({
    code: "record-unreadable",
    exit: "configuration",
    message: "this recorded answer cannot be read",
    fix: "remove the file: the call is then made, and paid for, again",
    place: { file },
  });
}

export async function keepAnswer(folder: string, request: RecordedRequest, answer: RecordedAnswer): Promise<void> {
  await makeFolders(folder);
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => keptHeaders.includes(name)));
  const file = join(folder, `${requestHash(request)}.json`);
  const draft = `${file}.${process.pid}.part`;
  const handle = await open(draft, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ format, request, answer: { ...answer, headers } }, undefined, 1)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

/** Of one that turned out to be no answer. */
export async function forgetAnswer(folder: string, request: RecordedRequest): Promise<void> {
  await rm(join(folder, `${requestHash(request)}.json`), { force: true });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
