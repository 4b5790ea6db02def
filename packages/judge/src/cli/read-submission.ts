import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { Problem } from "@dojang/model";
import type { SourceFile } from "../contract.ts";
import { submissionLimitBytes } from "../judging/judge-submission.ts";

export async function readSubmission(file: string): Promise<SourceFile> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error);
  const wrong =
    found instanceof Error
      ? found.message
      : !found.isFile()
        ? "it is no file"
        : found.size > submissionLimitBytes
          ? `it has ${found.size} bytes`
          : undefined;
  if (wrong === undefined) return { name: basename(file), text: await readFile(file, "utf8") };
  throw new Problem({
    code: "submission-unreadable",
    exit: "configuration",
    message: `${file} cannot be graded: ${wrong}`,
    fix: `name a file of tests of at most ${submissionLimitBytes} bytes`,
    place: { file },
  });
}
