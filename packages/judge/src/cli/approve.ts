import { resolve } from "node:path";
import { Problem } from "@dojang/model";
import { approveDraft, takeApprovable } from "../authoring/approve-draft.ts";
import { draftText } from "../authoring/draft-text.ts";

export interface ApproveFlags {
  readonly into?: string;
  readonly by?: string;
  readonly json?: boolean;
}

/** Without a name it shows what to look at, and changes nothing. */
export async function approve({ folder, flags }: { readonly folder: string; readonly flags: ApproveFlags }): Promise<void> {
  const draft = await takeApprovable(folder);
  const { into, by, json } = flags;
  if (!json) process.stdout.write(draftText(draft));
  if (by === undefined) {
    const { id } = draft.exercise;
    process.stdout.write(
      json
        ? `${JSON.stringify({ id, approved: false, made: draft.made })}\n`
        : `\nlet it pass: dojang-judge approve ${folder} --into exercises --by NAME\n`,
    );
    return;
  }
  if (into === undefined)
    throw new Problem({
      code: "approve-into",
      exit: "configuration",
      message: "nothing says where approved exercises are",
      fix: "give --into FOLDER",
    });
  const target = await approveDraft({ folder, into: resolve(into), by, at: new Date() });
  process.stdout.write(
    json ? `${JSON.stringify({ id: draft.exercise.id, approved: true, by, folder: target })}\n` : `\napproved by ${by}: ${target}\n`,
  );
}
